"""What staff do about what an invoice asks for: issue it, write off, void, let it be paid in parts."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.models import InvoiceStatus
from paymail.money import parse_amount
from paymail.services.core.invoices import load_invoice
from paymail.services.links.issue import issue
from paymail.services.payments import adjustments
from paymail.services.refunds import unpaid_credits
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff.form_actions import NotAChoice, StaffForm
from paymail.web.staff.invoice_view import answer_form
from paymail.web.staff.money_view import (
    CreditForm,
    NotConfirmed,
    PartsForm,
    VoidForm,
    WriteOffForm,
)
from paymail.web.staff.session import Visiting

router = APIRouter()


@router.post("/invoices/{invoice_id}/issue")
def issue_draft(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[StaffForm, Form()]
) -> Response:
    """Issue a draft, without an email."""

    def do(session: Session, now: datetime) -> None:
        issue(session, invoice_id=invoice_id, actor=visitor.email, now=now)

    return answer_form(app, request, visitor, invoice_id, form, do, did="issued")


@router.post("/invoices/{invoice_id}/credit")
def credit(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[CreditForm, Form()]
) -> Response:
    """Take what is owed, or a part of it, off the invoice by a credit note."""

    def do(session: Session, now: datetime) -> None:
        currency = load_invoice(session, invoice_id=invoice_id).currency
        if form.sure != "yes":
            raise NotConfirmed("tick the box to confirm the credit note")
        unpaid_credits.credit(
            session,
            invoice_id=invoice_id,
            reason=form.reason,
            actor=visitor.email,
            now=now,
            amount=parse_amount(form.amount, currency),
            key=form.request_key,
        )

    return answer_form(app, request, visitor, invoice_id, form, do, did="credit", name="credit")


@router.post("/invoices/{invoice_id}/write-off")
def write_off(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[WriteOffForm, Form()]
) -> Response:
    """Give up what is owed, or a part of it."""

    def do(session: Session, now: datetime) -> None:
        currency = load_invoice(session, invoice_id=invoice_id).currency
        adjustments.write_off(
            session,
            invoice_id=invoice_id,
            reason=form.reason,
            actor=visitor.email,
            now=now,
            amount=parse_amount(form.amount, currency),
            before=parse_amount(form.before, currency),
        )

    return answer_form(app, request, visitor, invoice_id, form, do, did="write_off", name="write_off")


@router.post("/invoices/{invoice_id}/undo-write-off")
def undo_write_off(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[StaffForm, Form()]
) -> Response:
    """Ask for what was written off again."""

    def do(session: Session, now: datetime) -> None:
        if load_invoice(session, invoice_id=invoice_id, lock=True).amount_written_off:
            adjustments.undo_write_off(session, invoice_id=invoice_id, actor=visitor.email, now=now)
        # else: the second click of a double click; it is undone, as was asked

    return answer_form(app, request, visitor, invoice_id, form, do, did="undo_write_off")


@router.post("/invoices/{invoice_id}/void")
def void(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[VoidForm, Form()]
) -> Response:
    """Cancel the invoice for good."""

    def do(session: Session, now: datetime) -> None:
        if load_invoice(session, invoice_id=invoice_id, lock=True).status is InvoiceStatus.VOID:
            return  # the second click of a double click
        if form.sure != "yes":
            raise NotConfirmed("tick the box to confirm that the invoice will be voided")
        adjustments.void(session, invoice_id=invoice_id, reason=form.reason, actor=visitor.email, now=now)

    return answer_form(app, request, visitor, invoice_id, form, do, did="void", name="void")


@router.post("/invoices/{invoice_id}/part-payments")
def part_payments(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[PartsForm, Form()]
) -> Response:
    """Let the customer pay in parts, or only the whole."""

    def do(session: Session, now: datetime) -> None:
        invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
        minimum = _minimum(form, invoice.currency)
        if minimum != invoice.part_minimum:
            adjustments.allow_parts(
                session, invoice_id=invoice_id, minimum=minimum, actor=visitor.email, now=now
            )

    return answer_form(app, request, visitor, invoice_id, form, do, did="parts", name="parts")


def _minimum(form: PartsForm, currency: str) -> int | None:
    if form.parts not in ("on", "off"):
        raise NotAChoice("part payments must be on or off")
    return parse_amount(form.minimum, currency) if form.parts == "on" else None
