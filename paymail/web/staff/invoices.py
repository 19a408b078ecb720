"""One invoice, and sending its email."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import Customer
from paymail.services.core.email_addresses import checked
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import addresses
from paymail.services.outbox import suppressions
from paymail.services.outbox.suppressions import normalised
from paymail.services.sending import invoice_emails
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.form_actions import act, moment_of
from paymail.web.staff.invoice_view import CorrectForm, SendForm, answer_form, invoice_page
from paymail.web.staff.session import Visiting

router = APIRouter()


class AddressBlocked(Conflict):
    """No email goes to this address: it is on the block list."""

    code = "address_blocked"


class SameAddress(InvalidInput):
    """The corrected address is the one that does not work."""

    code = "same_address"


class AddressChanged(Conflict):
    """The customer's address is no longer the one that the page showed."""

    code = "address_changed"


@router.get("/invoices/{invoice_id}")
def invoice(app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId) -> HTMLResponse:
    """Show one invoice."""
    return invoice_page(app, request, visitor, invoice_id)


@router.post("/invoices/{invoice_id}/send")
def send(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[SendForm, Form()]
) -> Response:
    """Send the invoice email, now or later."""
    queued: list[int] = []

    def do(session: Session, now: datetime) -> None:
        issuer = load_invoice(session, invoice_id=invoice_id).issuer
        sent = invoice_emails.send_invoice(
            session,
            invoice_id=invoice_id,
            actor=visitor.email,
            now=now,
            at=moment_of(form, issuer, now),
            sequence=form.sequence,
        )
        if sent.created:  # what somebody else queued before is not this person's to take back
            queued.append(sent.message_id)

    return answer_form(app, request, visitor, invoice_id, form, do, did="send", name="send", of=queued)


@router.post("/invoices/{invoice_id}/correct-address")
def correct_address(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[CorrectForm, Form()]
) -> Response:
    """Give the customer another address, and send the invoice email there at once."""
    queued: list[bool] = []

    def do(session: Session, now: datetime) -> None:
        customer = load_invoice(session, invoice_id=invoice_id).customer
        address = checked(form.address)
        changes = _must_change(customer, address, was=form.was)
        if suppressions.active(session, address=address):
            raise AddressBlocked(f"{address} is on the block list; enter another address")
        if changes:
            addresses.change_email(
                session, customer_id=customer.customer_id, address=address, actor=visitor.email, now=now
            )
        sent = invoice_emails.send_invoice(
            session, invoice_id=invoice_id, actor=visitor.email, now=now, sequence=form.sequence
        )
        queued.append(sent.created)

    if refusal := act(app, visitor, form, do):
        return invoice_page(app, request, visitor, invoice_id, refusal, {"correct": form})
    return flash.back_to(f"/staff/invoices/{invoice_id}", "corrected" if queued[-1] else "corrected_before")


def _must_change(customer: Customer, address: str, *, was: str) -> bool:
    """Whether the address is not the customer's yet. Raises SameAddress, AddressChanged."""
    if normalised(address) == normalised(was):
        raise SameAddress(f"{address} is the address that does not work; enter another one")
    if address == customer.email:  # the second click of a double click, or somebody else was first
        return False
    if customer.email != was:
        raise AddressChanged(
            f"somebody has changed the address to {customer.email} since you opened this page; if that is"
            " wrong too, enter the right one again"
        )
    return True
