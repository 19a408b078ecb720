"""A receipt on paper."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from paymail.documents.parties import Party, Seller
from paymail.money import Money


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
    locale: str = "en-AU"

    @property
    def filename(self) -> str:
        """What the attachment is called."""
        return f"receipt-{self.number}.pdf"
