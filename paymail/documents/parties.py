"""Who is on paper, and for what: the parties of a document and its lines."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from paymail.money import Money
from paymail.tax import LineTax


@dataclass(frozen=True, slots=True)
class Party:
    """A name with what belongs under it on paper; empty strings are left out."""

    name: str
    email: str = ""
    address: str = ""
    tax_id: str = ""
    tax_label: str = ""
    """What stands before the tax id: `ABN`, `USt-IdNr.`."""
    attention: str = ""
    """The person or department at a customer's."""
    phone: str = ""

    @property
    def tax_line(self) -> str:
        """The tax id with its label, `ABN 51 824 753 556`; empty without one."""
        return f"{self.tax_label} {self.tax_id}".strip() if self.tax_id else ""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where a transfer goes; empty strings are left out, and an empty account offers no transfer."""

    holder: str = ""
    bank: str = ""
    bsb: str = ""
    number: str = ""
    payid: str = ""
    iban: str = ""
    bic: str = ""
    unchanged_since: date | None = None

    def __bool__(self) -> bool:
        return bool(self.number or self.payid or self.iban)

    def in_currency(self, currency: str) -> "BankAccount":
        """Return what a transfer in a currency needs: an IBAN abroad, a number or PayID in Australia."""
        if self.iban and (currency != "AUD" or not (self.number or self.payid)):
            return replace(self, bsb="", number="", payid="")
        return replace(self, iban="", bic="")


@dataclass(frozen=True, slots=True)
class Seller(Party):
    """The issuer as its customers see it. `colour` is a legible `#rrggbb` under white text."""

    colour: str = "#2563eb"
    logo: bytes = b""
    """A PNG without alpha, for documents; empty: the name stands alone."""
    logo_url: str = ""
    """The same picture on our pages, for emails and the pay page."""
    bank: BankAccount = BankAccount()
    footer: str = ""
    legal_name: str = ""
    """Empty, or its name once more: it trades under its own."""
    website: str = ""

    @property
    def legal_line(self) -> str:
        """The legal name, where it is another, and the tax id: `Coast Pty Ltd, ABN 51 824 753 556`."""
        other = self.legal_name if self.legal_name != self.name else ""
        return ", ".join(part for part in (other, self.tax_line) if part)


@dataclass(frozen=True, slots=True)
class Line:
    """One line item. `unit_price` may have more decimals than the currency (3.3350)."""

    position: int
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Money
    tax: LineTax


@dataclass(frozen=True, slots=True)
class Instalment:
    """What of an instalment is still to be paid, and by when."""

    due: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit note that took something off an invoice."""

    number: str
    day: date
    amount: Money
    reason: str = ""
