"""A credit note on paper."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from paymail.documents.parties import Party, Seller
from paymail.money import Money


@dataclass(frozen=True, slots=True)
class CreditNoteDocument:
    """What was taken off an invoice that had been paid. `adjustment` picks the word of the GST law."""

    template: ClassVar[str] = "credit_note.html"

    number: str
    adjustment: bool
    invoice_number: str
    invoice_issued: date
    issuer: Seller
    customer: Party
    issued: date
    reason: str
    net: Money
    tax_name: str
    tax_rate: Decimal | None
    """Empty when the invoice's lines have several: the tax is their share then."""
    tax: Money
    total: Money
    invoice_total: Money
    before: Money | None = None
    """The invoice's total before this note, with the credit notes of before; empty: nobody knows it."""
    tax_before: Money | None = None
    """The tax in `before`."""
    locale: str = "en-AU"

    @property
    def after(self) -> Money | None:
        """The invoice's total with this note."""
        return Money(self.before.minor - self.total.minor, self.total.currency) if self.before else None

    @property
    def filename(self) -> str:
        """What the attachment is called."""
        return f"credit-note-{self.number}.pdf"
