"""Who is on paper, and for what: the parties of a document and its lines."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Line:
    """One line item. `unit_price` may have more decimals than the currency (3.3350)."""

    position: int
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Money
    tax: LineTax
