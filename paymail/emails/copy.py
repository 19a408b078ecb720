"""The copy of an invoice or a receipt that goes to a further address."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.letterhead import UNLINKED, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyEmail(CustomerEmail):
    """A copy for one further address. What was sent is attached; the email itself holds no pay link."""

    kind: ClassVar[MessageKind] = MessageKind.COPY

    receipt_number: str
    """Of the receipt that is attached; empty: the invoice is."""
    dated: date
    """The day of the payment, or of issue."""
    due: date | None
    """Empty: a payment plan says when."""
    amount: Money
    """What was paid, or the invoice's total."""
    balance: Money

    @classmethod
    def sample(cls) -> Self:
        """A copy of the receipt for invoice 502."""
        return cls(
            **UNLINKED,
            receipt_number="R-000001",
            dated=date(2026, 3, 17),
            due=date(2026, 4, 11),
            amount=Money(8250, "AUD"),
            balance=Money(0, "AUD"),
        )
