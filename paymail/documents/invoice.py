"""A tax invoice on paper."""

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from paymail.documents.parties import Credit, Instalment, Line, Party, Seller
from paymail.documents.references import transfer_reference
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
    """What arrived and stayed."""
    balance: Money
    payment_url: str
    locale: str = "en-AU"
    purchase_order: str = ""
    """The customer's number of the order."""
    terms: str = ""
    """The invoice's own, or else the issuer's."""
    notes: str = ""
    credits: tuple[Credit, ...] = ()
    credited: Money | None = None
    """What credit notes took off the total; empty: nothing."""
    refunded: Money | None = None
    """What of a credited invoice's payments went back, so that it is not in `paid`; empty: nothing."""
    written_off: Money | None = None
    """What the issuer gave up; empty: nothing."""
    instalments: tuple[Instalment, ...] = ()
    """What is open of a payment plan, which replaces the due date."""
    void: bool = False
    voided_on: date | None = None
    paid_on: date | None = None
    """The day of the payment that left nothing to pay; empty: it is not paid, or nobody knows."""
    paid_by: str = ""
    """How it was paid, where one payment paid all of it."""
    tax_invoice: bool = True
    """Whether an invoice with tax in it may be called a tax invoice."""
    tax_local: Money | None = None
    """The tax in Australian dollars, where the invoice has another currency (GSTR 2001/2, para 41)."""
    verify_code: str = ""
    """By which the paper is verified at `verify_url`, `7K2MX-9QD4T`; empty: it has none."""
    verify_url: str = ""
    not_online: str = ""
    """Why nothing of the balance can be paid online, one of `money.Obstacle`; empty: it can."""

    @property
    def taxed(self) -> bool:
        """Whether any of it is taxed above zero, so that it is a tax invoice and not just an invoice."""
        return self.tax_invoice and any(total.tax.minor for total in self.taxes)

    @property
    def reference(self) -> str:
        """What a bank transfer for it should name."""
        return transfer_reference(self.number)

    @property
    def filename(self) -> str:
        """What the attachment is called; of the number only what every file system takes."""
        return f"invoice-{re.sub(r'[^A-Za-z0-9._-]+', '-', self.number)}.pdf"
