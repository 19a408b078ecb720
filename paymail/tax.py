"""Tax: the categories of EN 16931, and an invoice's totals per category and rate.

Sources: EN 16931 (VAT category codes, BT-118 and BT-151); A New Tax System (Goods and Services Tax) Act
1999 s 9-90 (rounding once on the total, or per supply).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum

from paymail.money import Money


class TaxCategory(StrEnum):
    """How a line is taxed. Only `STANDARD` has a rate above zero."""

    STANDARD = "S"
    ZERO = "Z"
    """Taxed at zero; of GST in Australia: GST-free."""
    EXEMPT = "E"
    """Not taxed; of GST in Australia: input taxed."""
    REVERSE_CHARGE = "AE"
    """The customer accounts for the tax."""
    OUTSIDE_SCOPE = "O"
    """No supply that the tax is about."""


@dataclass(frozen=True, slots=True)
class LineTax:
    """How one line is taxed; `rate` in per cent."""

    category: TaxCategory
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """The tax of all lines of one category and rate (per cent), and what it is charged on."""

    category: TaxCategory
    rate: Decimal
    net: Money
    tax: Money


def line_tax(rate: Decimal | None, category: str, invoice_rate: Decimal) -> LineTax:
    """Return how a line is taxed: as it says itself, else at the invoice's rate."""
    found = invoice_rate if rate is None else rate
    if category:
        return LineTax(TaxCategory(category), found)
    return LineTax(TaxCategory.STANDARD if found else TaxCategory.ZERO, found)


def tax_minor(net: int, rate: Decimal) -> int:
    """Return `rate` per cent of an amount in minor units, halves away from zero."""
    with localcontext(prec=80):  # 16 digits times 30: nothing is rounded before the end
        return int((net * rate / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def tax_totals(
    lines: Sequence[tuple[LineTax, int]], *, subtotal: int, tax: int, currency: str
) -> tuple[TaxTotal, ...]:
    """Return the totals per category and rate, standard rates first, the highest before the others.

    They add up to `subtotal` and `tax` exactly, the host's own sums in minor units. Each group's tax is
    its rate of its lines' sum or, if only this adds up to `tax`, the sum of its lines' taxes. What lawful
    rounding leaves between either and the host goes to the group with the most tax.
    """
    groups: dict[LineTax, list[int]] = {}
    for taxed, amount in lines:
        groups.setdefault(taxed, []).append(amount)
    ordered = sorted(groups, key=_place)
    on_sums = [tax_minor(sum(groups[group]), group.rate) for group in ordered]
    per_line = [sum(tax_minor(amount, group.rate) for amount in groups[group]) for group in ordered]
    chosen = per_line if sum(on_sums) != tax == sum(per_line) else on_sums
    found = [
        TaxTotal(group.category, group.rate, Money(sum(groups[group]), currency), Money(taxes, currency))
        for group, taxes in zip(ordered, chosen, strict=True)
    ]
    return tuple(_adding_up(found, subtotal, tax))


def single_rate(totals: Iterable[TaxTotal]) -> Decimal | None:
    """Return the rate of an invoice that has one; None where its lines have several."""
    rates = {total.rate for total in totals}
    return rates.pop() if len(rates) == 1 else None


def _place(group: LineTax) -> tuple[int, Decimal]:
    return list(TaxCategory).index(group.category), -group.rate


def _adding_up(found: list[TaxTotal], subtotal: int, tax: int) -> list[TaxTotal]:
    if not found:
        return []
    most = max(found, key=lambda total: (total.rate > 0, abs(total.tax.minor), abs(total.net.minor)))
    at = found.index(most)
    net_off = subtotal - sum(total.net.minor for total in found)
    tax_off = tax - sum(total.tax.minor for total in found)
    net, taxes = most.net, most.tax
    found[at] = replace(
        most, net=Money(net.minor + net_off, net.currency), tax=Money(taxes.minor + tax_off, taxes.currency)
    )
    return found
