"""The lines of an invoice as another system gives them: price, discount and amount, with or without tax."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from paymail.money import round_half_up
from paymail.services.imports.faults import shown
from paymail.services.imports.profiles.amounts import amount_text, plain
from paymail.services.imports.profiles.cells import Cells
from paymail.services.imports.profiles.line_tax_names import named_tax
from paymail.services.imports.profiles.profile import OUTSIDE, NamedTax, Profile


@dataclass(frozen=True, slots=True)
class GivenLine:
    """One line; amounts in units of the currency, with tax or without it as the file has them."""

    cells: Cells
    description: str
    quantity: Decimal
    price: Decimal
    """After the discount."""
    amount: Decimal
    tax: Decimal | None
    named: NamedTax | None
    """How it is taxed, as far as its own words say."""
    note: str = ""
    """How the price came about, where it is not the one that the file gives."""


def given_lines(rows: Sequence[Cells], profile: Profile, code: str) -> list[GivenLine]:
    """Return the lines of an invoice; a row of text alone belongs to the line before it, or the first one.

    What cannot be read is kept by the cells.
    """
    found: list[GivenLine] = []
    before: list[str] = []
    for cells in rows:
        quantity, price, amount = map(cells.number, ("quantity", "unit_price", "line_amount"))
        text = cells.text("description")
        if text and not (quantity or price or amount) and not cells.text("line_tax_name"):
            if found:
                found[-1] = replace(found[-1], description=f"{found[-1].description}\n{text}")
            else:
                before.append(text)
            continue
        line = _line(cells, (quantity, price, amount), profile, code)
        if line is not None:
            found.append(replace(line, description="\n".join([*before, line.description])))
            before = []
    return found


def _line(
    cells: Cells,
    priced: tuple[Decimal | None, Decimal | None, Decimal | None],
    profile: Profile,
    code: str,
) -> GivenLine | None:
    quantity, price, amount = priced
    if price is None and amount is None:
        cells.refuse("line_amount", "is empty, and so is the price")
        return None
    quantity = Decimal(1) if quantity is None else quantity
    if price is None and amount is not None:
        quantity, price = _price_of(quantity, amount)
    assert price is not None  # noqa: S101 - one of the two is there
    discount = cells.number("line_discount") or Decimal(0)
    if discount < 0 or (discount > 100 and not cells.yes("line_discount_is_amount")):
        cells.refuse("line_discount", f"{plain(discount)} is not between 0 and 100")
    named = _named(cells, profile)
    tax, text = cells.number("line_tax"), cells.text("description")
    if discount and cells.yes("line_discount_is_amount"):
        amount = round_half_up(quantity * price, code) - discount if amount is None else amount
        note = f"{plain(quantity)} x {amount_text(price, code)} less {amount_text(discount, code)}"
        return GivenLine(cells, text, Decimal(1), amount, amount, tax, named, note)
    note = f"{amount_text(price, code)} less {plain(discount)}%" if discount else ""
    price = price * (100 - discount) / 100 if discount else price
    amount = round_half_up(quantity * price, code) if amount is None else amount
    return GivenLine(cells, text, quantity, price, amount, tax, named, note)


def _price_of(quantity: Decimal, amount: Decimal) -> tuple[Decimal, Decimal]:
    """Return quantity and price of a line without a price: exact, or one piece of the whole amount."""
    if quantity:
        price = (amount / quantity).quantize(Decimal("1e-6"))
        if price * quantity == amount:
            return quantity, price
    return Decimal(1), amount


def _named(cells: Cells, profile: Profile) -> NamedTax | None:
    """Return how the words of a line say that it is taxed: not at all, at a rate, or by a name."""
    if cells.yes("line_taxable") is False:
        return OUTSIDE
    name = cells.text("line_tax_name")
    known = named_tax(name, profile.taxes) if name else None
    rate, whole = cells.number("line_tax_rate"), cells.number("tax_rate")
    if rate and whole:
        cells.refuse(
            "line_tax_rate", f"is {plain(rate)}, and the invoice has a tax of {plain(whole)}% beside it"
        )
    rate = rate or whole or rate
    if rate is not None and not 0 <= rate <= 100:
        cells.refuse("line_tax_rate", f"{plain(rate)} is not between 0 and 100")
        return None
    if rate is None or (known is not None and known.rate == rate):
        if known is None and name and not cells.number("line_tax"):
            reason = f"{shown(name)} is not a tax that is known: say its rate in a profile of your own"
            cells.refuse("line_tax_name", reason)
        return known
    return NamedTax(rate)
