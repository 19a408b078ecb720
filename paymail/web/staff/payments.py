"""What staff do about the payments of one invoice: record one, give one back, send its receipt again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.models import Channel, RefundStatus
from paymail.money import parse_amount
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.payments import manual_payments, receipts
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import NoSuchPayment, RefundOrder
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff.form_actions import NotAChoice, day_of
from paymail.web.staff.invoice_view import answer_form
from paymail.web.staff.money_view import (
    CopyForm,
    NotConfirmed,
    PaymentForm,
    RefundForm,
)
from paymail.web.staff.session import Visiting

router = APIRouter()
_SAID = {RefundStatus.PROPOSED: "refund_proposed", RefundStatus.SUCCEEDED: "refund_recorded"}


@router.post("/invoices/{invoice_id}/payments")
def record(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[PaymentForm, Form()]
) -> Response:
    """Record a payment that came another way."""

    def do(session: Session, now: datetime) -> None:
        asked = _payment(session, invoice_id, form, now)
        manual_payments.record_payment(
            session, invoice_id=invoice_id, asked=asked, actor=visitor.email, now=now
        )

    return answer_form(app, request, visitor, invoice_id, form, do, did="payment", name="payment")


@router.post("/invoices/{invoice_id}/payments/{payment_id}/refund")
def refund(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    invoice_id: RowId,
    payment_id: RowId,
    form: Annotated[RefundForm, Form()],
) -> Response:
    """Give back a payment, or a part of it."""

    asked: list[RefundStatus] = []

    def do(session: Session, now: datetime) -> None:
        order = _order(session, invoice_id, payment_id, form)
        made = refund_requests.request(
            session, payment_id=payment_id, order=order, actor=visitor.email, now=now
        )
        asked.append(made.status)

    def did() -> str:
        return _SAID.get(asked[-1], "refund")

    return answer_form(app, request, visitor, invoice_id, form, do, did=did, name=f"refund-{payment_id}")


@router.post("/invoices/{invoice_id}/payments/{payment_id}/receipt")
def receipt_again(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    invoice_id: RowId,
    payment_id: RowId,
    form: Annotated[CopyForm, Form()],
) -> Response:
    """Send a receipt again."""

    def do(session: Session, now: datetime) -> None:
        _check_belongs(session, invoice_id, payment_id)
        receipts.send_again(
            session, payment_id=payment_id, actor=visitor.email, now=now, sequence=form.sequence
        )

    return answer_form(app, request, visitor, invoice_id, form, do, did="receipt")


def _payment(session: Session, invoice_id: int, form: PaymentForm, now: datetime) -> ManualPayment:
    """Read the form of a payment. Raises NoSuchInvoice, BadAmount, BadTime, NotAChoice."""
    invoice = load_invoice(session, invoice_id=invoice_id)
    return ManualPayment(
        amount=parse_amount(form.amount, invoice.currency),
        channel=_channel(form.channel),
        paid_on=day_of(form.day) or local_date(invoice.issuer, now),
        reference=form.reference,
        key=form.request_key,
        surplus_meant=form.surplus == "yes",
    )


def _order(session: Session, invoice_id: int, payment_id: int, form: RefundForm) -> RefundOrder:
    """Read the form of a refund. Raises NoSuchPayment, BadAmount, NotAChoice, NotConfirmed."""
    _check_belongs(session, invoice_id, payment_id)
    currency = load_invoice(session, invoice_id=invoice_id).currency
    if form.sure != "yes":
        raise NotConfirmed("tick the box to confirm the refund")
    return RefundOrder(
        amount=parse_amount(form.amount, currency),
        channel=_channel(form.channel),
        reason=form.reason,
        owed_again=form.owed_again == "yes",
        key=form.request_key,
    )


def _check_belongs(session: Session, invoice_id: int, payment_id: int) -> None:
    if receipts.payment_of(session, payment_id=payment_id).invoice_id != invoice_id:
        raise NoSuchPayment(f"invoice {invoice_id} has no payment {payment_id}")


def _channel(text: str) -> Channel:
    if text not in set(Channel):
        raise NotAChoice(f"{text[:20]!r} is not a payment method; choose {', '.join(Channel)}")
    return Channel(text)
