"""A receipt on paper."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from paymail.documents.parties import Line, Party, Seller
from paymail.money import Money
from paymail.tax import TaxTotal


@dataclass(frozen=True, slots=True)
class ReceiptDocument:
    """All that a receipt shows: one payment against one invoice."""

    template: ClassVar[str] = "receipt.html"

    number: str
    invoice_number: str
    issuer: Seller
    customer: Party
    paid_on: date
    method: str
    amount: Money
    invoice_total: Money
    balance: Money
    """What was left to pay after it."""
    invoice_issued: date | None = None
    lines: tuple[Line, ...] = ()
    subtotal: Money | None = None
    tax_name: str = ""
    taxes: tuple[TaxTotal, ...] = ()
    tax_in: Money | None = None
    """The payment's share of the invoice's tax; empty: none."""
    taken_off: Money | None = None
    """Of the invoice total: paid before, credited or written off; empty: nothing."""
    overpaid: Money | None = None
    """What of the payment is certainly more than the invoice; empty: nothing."""
    tax_invoice: bool = False
    """Whether the invoice is a tax invoice, with which the customer claims the tax."""
    locale: str = "en-AU"

    @property
    def filename(self) -> str:
        """What the attachment is called."""
        return f"receipt-{self.number}.pdf"
