"""The email with an invoice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Self

from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True)
class EmailLine:
    """One line item as the email shows it."""

    description: str
    quantity: Decimal
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEmail(CustomerEmail):
    """The first email of an invoice. `tax_name` is GST, VAT…"""

    kind: ClassVar[MessageKind] = MessageKind.INVOICE

    issued: date
    due: date
    lines: tuple[EmailLine, ...]
    subtotal: Money
    tax_name: str
    tax_rate: Decimal
    tax: Money
    total: Money
    paid: Money
    balance: Money

    @classmethod
    def sample(cls) -> Self:
        """The seed's invoice 502."""
        return cls(
            **SAMPLE,
            issued=date(2026, 3, 12),
            due=date(2026, 4, 11),
            lines=(EmailLine("Remote support, per hour", Decimal(1), Money(7500, "AUD")),),
            subtotal=Money(7500, "AUD"),
            tax_name="GST",
            tax_rate=Decimal("10.00"),
            tax=Money(750, "AUD"),
            total=Money(8250, "AUD"),
            paid=Money(0, "AUD"),
            balance=Money(8250, "AUD"),
        )
