"""An invoice's money: payments, refunds, receipts, and what is given up or cancelled."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from paymail.models import Channel
from paymail.money import parse_amount
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.letters import credit_notes
from paymail.services.payments import adjustments, manual_payments, receipts
from paymail.services.payments.manual_payments import LONGEST_REFERENCE, ManualPayment
from paymail.services.payments.statement import statement, statement_payment
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.web.api.access import Access
from paymail.web.api.invoices import Queued
from paymail.web.http.files import binary, pdf_answer
from paymail.web.http.inputs import RowId
from paymail.web.schemas.account import Account, InvoiceMoney, PaymentRow, RefundRow
from paymail.web.schemas.pages import PROBLEMS, Asked, IdempotencyKey, Text
from paymail.wiring import App

Amount = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?$"),
    Field(description="Major units as text, so that nothing is rounded.", examples=["50.00"]),
]


class ManualChannel(StrEnum):
    """How money came that paymail did not see coming."""

    BANK_TRANSFER = "bank_transfer"
    CASH = "cash"
    CHEQUE = "cheque"
    OTHER = "other"


class RecordPayment(Asked):
    """A payment that came another way than by Stripe."""

    amount: Amount
    channel: ManualChannel
    paid_on: date | None = Field(None, description="On the issuer's calendar; empty: today.")
    reference: Text = Field("", max_length=LONGEST_REFERENCE)
    allow_overpayment: bool = Field(
        False, strict=True, description="More than is owed is meant; else it is refused."
    )


class RequestRefund(Asked):
    """What shall go back, and how."""

    amount: Amount
    channel: Channel | None = Field(None, description="Empty: the way that the payment came.")
    reason: Text = Field("", max_length=300, description="For the customer.")
    owed_again: bool = Field(
        False, strict=True, description="The invoice is owed again; else a credit note takes it off."
    )


class WriteOff(Asked):
    """What to give up."""

    reason: Text = Field(min_length=1, max_length=300)
    amount: Amount | None = Field(None, description="Empty: all that is owed.")
    written_off_before: Amount | None = Field(
        None,
        description="`amount_written_off` as you saw it: then a repeated request changes nothing, and one"
        " that rests on old news is a 409.",
    )


class Void(Asked):
    """Why it is void."""

    reason: Text = Field(min_length=1, max_length=300)


class PartPayments(Asked):
    """The smallest part that the customer may pay; null: only the whole."""

    minimum: Amount | None


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of an invoice's money."""
    routes = APIRouter(prefix="/api/v1", tags=["payments"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    def account(session: Session, invoice_id: int) -> Account:
        return Account.of(load_invoice(session, invoice_id=invoice_id))

    @routes.get("/invoices/{invoice_id}/payments", responses=PROBLEMS)
    def get_money(_holder: Reader, invoice_id: RowId) -> InvoiceMoney:
        """Show an invoice's payments, refunds and disputes. Scope: read."""
        with app.reading() as session:
            return InvoiceMoney.from_statement(statement(session, invoice_id=invoice_id))

    @routes.post("/invoices/{invoice_id}/payments", status_code=201, responses=PROBLEMS)
    def record_payment(
        holder: Writer, invoice_id: RowId, body: RecordPayment, idempotency_key: IdempotencyKey = None
    ) -> PaymentRow:
        """Record a payment that came another way; the customer is mailed a receipt. Scope: write."""
        now = app.now()
        with app.transaction() as session:
            invoice = load_invoice(session, invoice_id=invoice_id)
            asked = ManualPayment(
                amount=parse_amount(body.amount, invoice.currency),
                channel=Channel(body.channel),
                paid_on=body.paid_on or local_date(invoice.issuer, now),
                reference=body.reference,
                key=holder.request(idempotency_key),
                surplus_meant=body.allow_overpayment,
            )
            payment = manual_payments.record_payment(
                session, invoice_id=invoice_id, asked=asked, actor=holder.actor, now=now
            )
            return PaymentRow.of(
                statement_payment(session, issuer=invoice.issuer, payment=payment, disputed=False)
            )

    @routes.post("/payments/{payment_id}/refunds", status_code=202, responses=PROBLEMS)
    def request_refund(
        holder: Writer, payment_id: RowId, body: RequestRefund, idempotency_key: IdempotencyKey = None
    ) -> RefundRow:
        """Give back a payment or a part of it; by Stripe the workers carry it out. Scope: write."""
        with app.transaction() as session:
            payment = receipts.payment_of(session, payment_id=payment_id)
            order = RefundOrder(
                amount=parse_amount(body.amount, payment.currency),
                channel=body.channel or payment.channel,
                reason=body.reason,
                owed_again=body.owed_again,
                key=holder.request(idempotency_key),
            )
            return RefundRow.of(
                refund_requests.request(
                    session, payment_id=payment_id, order=order, actor=holder.actor, now=app.now()
                )
            )

    @routes.post("/payments/{payment_id}/receipt", status_code=202, responses=PROBLEMS)
    def send_receipt(holder: Writer, payment_id: RowId, idempotency_key: IdempotencyKey = None) -> Queued:
        """Queue a further copy of a receipt; the first one was sent by itself. Scope: write."""
        with app.transaction() as session:
            queued = receipts.send_again(
                session,
                payment_id=payment_id,
                actor=holder.actor,
                now=app.now(),
                key=holder.request(idempotency_key) or "",
            )
        return Queued(message_id=queued.message_id, queued=queued.created)

    @routes.get(
        "/payments/{payment_id}/receipt.pdf",
        response_class=Response,
        responses=PROBLEMS | binary("application/pdf"),
    )
    def get_receipt(_holder: Reader, payment_id: RowId) -> Response:
        """Download the receipt of a payment; it holds no pay link. Scope: read."""
        with app.reading() as session:
            document = receipts.document(session, payment_id=payment_id)
        return pdf_answer(app.pdf.render(document), f"receipt-{document.number}.pdf")

    @routes.get(
        "/refunds/{refund_id}/credit-note.pdf",
        response_class=Response,
        responses=PROBLEMS | binary("application/pdf"),
    )
    def get_credit_note(_holder: Reader, refund_id: RowId) -> Response:
        """Download the credit note of a refund; 404 when nothing was credited by it. Scope: read."""
        with app.reading() as session:
            document = credit_notes.credit_note_of(session, refund_id=refund_id)
        return pdf_answer(app.pdf.render(document), f"credit-note-{document.number}.pdf")

    @routes.post("/invoices/{invoice_id}/write-off", responses=PROBLEMS)
    def write_off(holder: Writer, invoice_id: RowId, body: WriteOff) -> Account:
        """Give up what is owed, or a part of it; no credit note. Scope: write."""
        with app.transaction() as session:
            currency = load_invoice(session, invoice_id=invoice_id).currency
            adjustments.write_off(
                session,
                invoice_id=invoice_id,
                reason=body.reason,
                actor=holder.actor,
                now=app.now(),
                amount=_minor(body.amount, currency),
                before=_minor(body.written_off_before, currency),
            )
            return account(session, invoice_id)

    @routes.delete("/invoices/{invoice_id}/write-off", responses=PROBLEMS)
    def undo_write_off(holder: Writer, invoice_id: RowId) -> Account:
        """Ask for what was written off again. Scope: write."""
        with app.transaction() as session:
            adjustments.undo_write_off(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())
            return account(session, invoice_id)

    @routes.post("/invoices/{invoice_id}/void", responses=PROBLEMS)
    def void(holder: Writer, invoice_id: RowId, body: Void) -> Account:
        """Cancel an invoice for good; 409 when money has arrived. Scope: write."""
        with app.transaction() as session:
            adjustments.void(
                session, invoice_id=invoice_id, reason=body.reason, actor=holder.actor, now=app.now()
            )
            return account(session, invoice_id)

    @routes.put("/invoices/{invoice_id}/part-payments", responses=PROBLEMS)
    def part_payments(holder: Writer, invoice_id: RowId, body: PartPayments) -> Account:
        """Let the customer pay in parts, or only the whole. Scope: write."""
        with app.transaction() as session:
            invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
            minimum = _minor(body.minimum, invoice.currency)
            if minimum != invoice.part_minimum:
                adjustments.allow_parts(
                    session, invoice_id=invoice_id, minimum=minimum, actor=holder.actor, now=app.now()
                )
            return account(session, invoice_id)

    return routes


def _minor(text: str | None, currency: str) -> int | None:
    return None if text is None else parse_amount(text, currency)
