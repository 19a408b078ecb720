"""The account of an invoice as JSON: sums, payments, refunds, disputes. Money in major units."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from paymail.models import (
    Channel,
    Dispute,
    DisputeState,
    Invoice,
    InvoiceStatus,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from paymail.services.core.documents import receipt_number
from paymail.services.letters.credit_notes import credit_note_number
from paymail.services.payments.statement import Statement, StatementPayment
from paymail.web.schemas.units import major


class Sums(BaseModel):
    """What became of an invoice's total, beyond what arrived."""

    amount_credited: float = Field(description="Taken off by credit notes.")
    amount_written_off: float = Field(description="Given up by staff.")
    amount_refunded: float
    amount_charged_back: float = Field(description="Taken back by lost disputes.")
    overpaid: float = Field(description="What arrived beyond what was asked for.")
    part_minimum: float | None = Field(description="Smallest part payment; null: only the whole.")


def sums(invoice: Invoice) -> dict[str, float | None]:
    """Return the fields of `Sums`."""
    currency, least = invoice.currency, invoice.part_minimum
    return {
        "amount_credited": major(invoice.amount_credited, currency),
        "amount_written_off": major(invoice.amount_written_off, currency),
        "amount_refunded": major(invoice.amount_refunded, currency),
        "amount_charged_back": major(invoice.amount_charged_back, currency),
        "overpaid": major(invoice.overpaid, currency),
        "part_minimum": None if least is None else major(least, currency),
    }


class Account(Sums):
    """Where an invoice's money stands."""

    invoice_id: int
    currency: str
    status: InvoiceStatus
    payment_status: PaymentStatus
    total: float
    amount_paid: float = Field(description="All that ever arrived.")
    balance: float = Field(description="What is still asked for.")

    @classmethod
    def of(cls, invoice: Invoice) -> "Account":
        """Return where an invoice stands."""
        return cls(**_account(invoice))


def _account(invoice: Invoice) -> dict[str, object]:
    return {
        "invoice_id": invoice.invoice_id,
        "currency": invoice.currency,
        "status": invoice.status,
        "payment_status": invoice.payment_status,
        "total": major(invoice.total, invoice.currency),
        "amount_paid": major(invoice.amount_paid, invoice.currency),
        "balance": major(invoice.balance, invoice.currency),
        **sums(invoice),
    }


class PaymentRow(BaseModel):
    """Money that arrived."""

    payment_id: int
    invoice_id: int
    amount: float
    currency: str
    channel: Channel
    method: str = Field(description="Of a payment by Stripe, for people: `Visa ending 4242`.")
    reference: str
    paid_on: date = Field(description="On the issuer's calendar.")
    received_at: datetime = Field(description="When it was recorded.")
    recorded_by: str
    intent_id: str | None
    receipt_number: str
    receipts: list[int] = Field(description="Messages that carried the receipt, the first one first.")
    refundable: float = Field(description="How much can still go back; 0 while it is disputed.")
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


class RefundRow(BaseModel):
    """Money that goes back, or was to."""

    refund_id: int
    payment_id: int
    amount: float
    credited: float = Field(description="What of it a credit note takes off the invoice.")
    currency: str
    channel: Channel
    status: RefundStatus
    reason: str
    failure: str
    credit_note: str | None = Field(description="Its number; null: there is none.")
    gateway_id: str | None
    requested_by: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, refund: Refund) -> "RefundRow":
        """Return the row of a refund."""
        return cls(
            refund_id=refund.refund_id,
            payment_id=refund.payment_id,
            amount=major(refund.amount, refund.currency),
            credited=major(refund.credited, refund.currency),
            currency=refund.currency,
            channel=refund.channel,
            status=refund.status,
            reason=refund.reason,
            failure=refund.failure,
            credit_note=credit_note_number(refund) or None,
            gateway_id=refund.gateway_id,
            requested_by=refund.actor,
            created_at=refund.created_at,
            updated_at=refund.updated_at,
        )


class DisputeRow(BaseModel):
    """A payment that the customer's bank asks back."""

    dispute_id: str
    payment_id: int
    amount: float
    currency: str
    state: DisputeState
    gateway_status: str
    reason: str
    evidence_due_at: datetime | None
    opened_at: datetime

    @classmethod
    def of(cls, dispute: Dispute) -> "DisputeRow":
        """Return the row of a dispute."""
        return cls(
            dispute_id=dispute.dispute_id,
            payment_id=dispute.payment_id,
            amount=major(dispute.amount, dispute.currency),
            currency=dispute.currency,
            state=dispute.state,
            gateway_status=dispute.gateway_status,
            reason=dispute.reason,
            evidence_due_at=dispute.evidence_due_at,
            opened_at=dispute.opened_at,
        )


class InvoiceMoney(Account):
    """All money of an invoice, each list oldest first."""

    payments: list[PaymentRow]
    refunds: list[RefundRow]
    disputes: list[DisputeRow]

    @classmethod
    def from_statement(cls, found: Statement) -> "InvoiceMoney":
        """Return the account with its rows."""
        return cls(
            **_account(found.invoice),
            payments=[PaymentRow.of(one) for one in found.payments],
            refunds=[RefundRow.of(one) for one in found.refunds],
            disputes=[DisputeRow.of(one) for one in found.disputes],
        )
