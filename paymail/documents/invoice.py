"""A tax invoice on paper."""

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from paymail.documents.parties import Line, Party, Seller
from paymail.money import Money
from paymail.tax import TaxTotal


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """All that a tax invoice shows. Source of its contents: ATO, "Tax invoices" (seller, ABN, date,
    items, GST, total)."""

    template: ClassVar[str] = "invoice.html"

    number: str
    issuer: Seller
    customer: Party
    issued: date
    due: date
    lines: tuple[Line, ...]
    subtotal: Money
    tax_name: str
    taxes: tuple[TaxTotal, ...]
    tax: Money
    total: Money
    paid: Money
    balance: Money
    payment_url: str
    locale: str = "en-AU"
    purchase_order: str = ""
    terms: str = ""
    """The invoice's own, or else the issuer's."""
    notes: str = ""
    tax_invoice: bool = True
    """Whether an invoice with tax in it may be called a tax invoice."""
    tax_local: Money | None = None
    """The tax in Australian dollars, where the invoice has another currency (GSTR 2001/2, para 41)."""
    not_online: str = ""
    """Why nothing of the balance can be paid online, one of `money.Obstacle`; empty: it can."""

    @property
    def reference(self) -> str:
        """What a bank transfer for it should name: of the number only what every bank takes."""
        return "INV" + re.sub(r"[^A-Za-z0-9]+", "", self.number).upper()

    @property
    def filename(self) -> str:
        """What the attachment is called; of the number only what every file system takes."""
        return f"invoice-{re.sub(r'[^A-Za-z0-9._-]+', '-', self.number)}.pdf"
