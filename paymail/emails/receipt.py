"""The email with a receipt."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptEmail(CustomerEmail):
    """Thanks for one payment. `balance` is what is still owed on the invoice afterwards."""

    kind: ClassVar[MessageKind] = MessageKind.RECEIPT

    receipt_number: str
    paid_on: date
    method: str
    amount: Money
    invoice_total: Money
    balance: Money

    @classmethod
    def sample(cls) -> Self:
        """The receipt for the seed's invoice 502."""
        return cls(
            **SAMPLE,
            receipt_number="R-000001",
            paid_on=date(2026, 3, 17),
            method="Visa ending 4242",
            amount=Money(8250, "AUD"),
            invoice_total=Money(8250, "AUD"),
            balance=Money(0, "AUD"),
        )
