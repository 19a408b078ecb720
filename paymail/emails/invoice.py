"""The email with an invoice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Self

from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money
from paymail.tax import LineTax, TaxCategory, TaxTotal


@dataclass(frozen=True, slots=True)
class EmailLine:
    """One line item as the email shows it."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    """In major units."""
    amount: Money
    tax: LineTax


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEmail(CustomerEmail):
    """The first email of an invoice. `tax_name` is GST, VAT…

    The total less `credited`, `written_off` and `paid` is the balance.
    """

    kind: ClassVar[MessageKind] = MessageKind.INVOICE

    issued: date
    due: date
    lines: tuple[EmailLine, ...]
    subtotal: Money
    tax_name: str
    taxes: tuple[TaxTotal, ...]
    tax: Money
    total: Money
    paid: Money
    balance: Money
    credited: Money | None = None
    """What credit notes took off the total; empty: nothing."""
    written_off: Money | None = None
    """What the issuer gave up; empty: nothing."""
    purchase_order: str = ""
    """The customer's number of the order; empty without one."""

    @classmethod
    def sample(cls) -> Self:
        """The seed's invoice 502."""
        standard = LineTax(TaxCategory.STANDARD, Decimal("10.00"))
        return cls(
            **SAMPLE,
            issued=date(2026, 3, 12),
            due=date(2026, 4, 11),
            lines=(
                EmailLine("Remote support, per hour", Decimal(1), Decimal(75), Money(7500, "AUD"), standard),
            ),
            subtotal=Money(7500, "AUD"),
            tax_name="GST",
            taxes=(TaxTotal(standard.category, standard.rate, Money(7500, "AUD"), Money(750, "AUD")),),
            tax=Money(750, "AUD"),
            total=Money(8250, "AUD"),
            paid=Money(0, "AUD"),
            balance=Money(8250, "AUD"),
        )
