"""The account of an invoice as JSON: sums, payments, refunds, disputes. Money in major units."""

from pydantic import BaseModel, Field

from paymail.models import Invoice, InvoiceStatus, PaymentStatus
from paymail.services.payments.statement import Statement
from paymail.web.http.inputs import Text
from paymail.web.schemas.body import Body
from paymail.web.schemas.payments import PaymentRow
from paymail.web.schemas.refunds import DisputeRow, RefundRow
from paymail.web.schemas.units import Amount, major, major_or_none


class Sums(BaseModel):
    """What became of an invoice's total, beyond what arrived."""

    amount_credited: float = Field(description="Credited by credit notes.")
    amount_written_off: float = Field(description="Written off by staff.")
    amount_refunded: float
    amount_charged_back: float = Field(description="Lost to disputes.")
    overpaid: float = Field(description="Received beyond what was owed.")
    part_minimum: float | None = Field(description="Minimum part payment; null if not allowed.")


def sums(invoice: Invoice) -> dict[str, float | None]:
    """Return the fields of `Sums`."""
    currency = invoice.currency
    return {
        "amount_credited": major(invoice.amount_credited, currency),
        "amount_written_off": major(invoice.amount_written_off, currency),
        "amount_refunded": major(invoice.amount_refunded, currency),
        "amount_charged_back": major(invoice.amount_charged_back, currency),
        "overpaid": major(invoice.overpaid, currency),
        "part_minimum": major_or_none(invoice.part_minimum, currency),
    }


class Account(Sums):
    """Where an invoice's money stands."""

    invoice_id: int
    currency: str
    status: InvoiceStatus
    payment_status: PaymentStatus
    total: float
    amount_paid: float = Field(description="Total received.")
    balance: float = Field(description="Balance due.")

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


class WriteOff(Body):
    """What to give up."""

    reason: Text = Field(min_length=1, max_length=300)
    amount: Amount | None = Field(None, description="The full balance by default.")
    written_off_before: Amount | None = Field(
        None,
        description="`amount_written_off` as you last saw it. Repeating it then changes nothing, and an"
        " outdated request is refused with a 409.",
    )


class CreditNote(Body):
    """What to credit."""

    reason: Text = Field(min_length=1, max_length=300, description="Stands on the credit note.")
    amount: Amount | None = Field(None, description="The full balance by default.")


class Void(Body):
    """Why it is void."""

    reason: Text = Field(min_length=1, max_length=300)
