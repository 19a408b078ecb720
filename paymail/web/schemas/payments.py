"""Payments, as JSON."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from paymail.models import Channel
from paymail.services.core.documents import receipt_number
from paymail.services.payments.manual_payments import LONGEST_REFERENCE
from paymail.services.payments.statement import StatementPayment
from paymail.web.http.inputs import Text
from paymail.web.schemas.body import Body
from paymail.web.schemas.units import Amount, major


class PaymentRow(BaseModel):
    """Money that arrived."""

    payment_id: int
    invoice_id: int
    amount: float
    currency: str
    channel: Channel
    method: str = Field(description="For Stripe payments, for example `Visa ending 4242`.")
    reference: str
    paid_on: date = Field(description="Date on the issuer's calendar.")
    received_at: datetime = Field(description="When it was recorded.")
    recorded_by: str
    intent_id: str | None
    receipt_number: str
    receipts: list[int] = Field(description="Messages with the receipt, oldest first.")
    refundable: float = Field(description="Amount that can still be refunded; 0 while disputed.")
    disputed: bool

    @classmethod
    def of(cls, one: StatementPayment) -> "PaymentRow":
        """Return the row of a payment."""
        payment = one.payment
        stripe = payment.channel is Channel.STRIPE
        return cls(
            payment_id=payment.payment_id,
            invoice_id=payment.invoice_id,
            amount=major(payment.amount, payment.currency),
            currency=payment.currency,
            channel=payment.channel,
            method=payment.method if stripe else "",
            reference=payment.reference,
            paid_on=one.day,
            received_at=payment.received_at,
            recorded_by=one.actor,
            intent_id=payment.intent_id,
            receipt_number=receipt_number(payment),
            receipts=[message.message_id for message in one.receipts],
            refundable=major(one.refundable, payment.currency),
            disputed=one.disputed,
        )


class ManualChannel(StrEnum):
    """How money came that paymail did not see coming."""

    BANK_TRANSFER = "bank_transfer"
    CASH = "cash"
    CHEQUE = "cheque"
    OTHER = "other"


class RecordPayment(Body):
    """A payment that came another way than by Stripe."""

    amount: Amount
    channel: ManualChannel
    paid_on: date | None = Field(None, description="Date on the issuer's calendar; today by default.")
    reference: Text = Field("", max_length=LONGEST_REFERENCE)
    allow_overpayment: bool = Field(
        False, strict=True, description="Accept more than the balance due; otherwise refused."
    )


class PartPayments(Body):
    """The smallest part that the customer may pay; null: only the whole."""

    minimum: Amount | None
