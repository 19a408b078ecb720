"""The email about money that goes back."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundEmail(CustomerEmail):
    """Money goes back to the customer; or a credit note alone: then `amount` is zero.

    `balance` is what is owed on the invoice afterwards.
    """

    kind: ClassVar[MessageKind] = MessageKind.REFUND

    credit_note: str
    """Number of the attached credit note; empty when nothing was taken off the invoice."""
    refunded_on: date
    amount: Money
    by_card: bool
    """Whether it goes back by Stripe, to the card or account that paid, within days."""
    method: str
    """How the money goes back, for people; `Visa ending 4242` or `bank transfer`."""
    reason: str
    tax_name: str
    net: Money
    tax: Money
    credited: Money
    """What the credit note takes off the invoice: `net` and `tax` together."""
    invoice_total: Money
    before: Money | None
    """The invoice's total before the credit note; empty: there is none, or nobody knows it."""
    after: Money | None
    balance: Money
    adjustment: bool = False
    """Whether the credit note is an adjustment note, after which a claim of the tax is reduced."""
    planned: bool = False
    """Whether a plan says when the rest is to be paid."""

    @classmethod
    def sample(cls) -> Self:
        """A part of invoice 502 is given back."""
        return cls(
            **SAMPLE,
            credit_note="CN-000001",
            refunded_on=date(2026, 3, 20),
            amount=Money(2000, "AUD"),
            by_card=True,
            method="Visa ending 4242",
            reason="One hour less than billed",
            tax_name="GST",
            net=Money(1818, "AUD"),
            tax=Money(182, "AUD"),
            credited=Money(2000, "AUD"),
            invoice_total=Money(8250, "AUD"),
            before=Money(8250, "AUD"),
            after=Money(6250, "AUD"),
            balance=Money(1000, "AUD"),
            adjustment=True,
        )
