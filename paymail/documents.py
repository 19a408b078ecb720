"""Self-contained values from which PDFs are rendered: no ORM rows, no clock, no settings.

The same value always gives the same bytes, so a sent PDF can be shown again byte for byte.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from paymail.money import Money


@dataclass(frozen=True, slots=True)
class Party:
    """A name with what belongs under it on paper; empty strings are left out."""

    name: str
    email: str = ""
    address: str = ""
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line item. `unit_price` may have more decimals than the currency (3.3350)."""

    position: int
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Money


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """All that a tax invoice shows. Source of its contents: ATO, "Tax invoices" (seller, ABN, date,
    items, GST, total)."""

    number: str
    issuer: Party
    customer: Party
    issued: date
    due: date
    lines: tuple[Line, ...]
    subtotal: Money
    tax_name: str
    tax_rate: Decimal
    tax: Money
    total: Money
    paid: Money
    balance: Money
    payment_url: str
    locale: str = "en-AU"


@dataclass(frozen=True, slots=True)
class CreditNoteDocument:
    """What was taken off an invoice that had been paid. `adjustment` picks the word of the GST law."""

    number: str
    adjustment: bool
    invoice_number: str
    invoice_issued: date
    issuer: Party
    customer: Party
    issued: date
    reason: str
    net: Money
    tax_name: str
    tax_rate: Decimal
    tax: Money
    total: Money
    invoice_total: Money
    locale: str = "en-AU"


@dataclass(frozen=True, slots=True)
class ReceiptDocument:
    """All that a receipt shows: one payment against one invoice."""

    number: str
    invoice_number: str
    issuer: Party
    customer: Party
    paid_on: date
    method: str
    amount: Money
    invoice_total: Money
    balance: Money
    locale: str = "en-AU"


Document = InvoiceDocument | ReceiptDocument | CreditNoteDocument
