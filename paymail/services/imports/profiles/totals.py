"""The totals of an invoice of another system, and what was paid of it: stated, or what the lines come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from paymail.models import InvoiceStatus, PaymentStatus
from paymail.money import round_half_up
from paymail.services.imports.profiles.amounts import amount_text
from paymail.services.imports.profiles.cells import Cells
from paymail.services.imports.profiles.given_lines import GivenLine
from paymail.services.imports.profiles.net_lines import NetLine
from paymail.services.imports.profiles.profile import NamedTax, Standing


@dataclass(frozen=True, slots=True)
class Stated:
    """What the file says of the whole invoice, in units of the currency; None: nothing."""

    subtotal: Decimal | None
    tax: Decimal | None
    total: Decimal | None

    @classmethod
    def of(cls, cells: Cells) -> "Stated":
        """Read an invoice's first row."""
        subtotal, tax, total = map(cells.number, ("subtotal", "tax_amount", "total"))
        if total is None and subtotal is not None and tax is not None:
            total = subtotal + tax
        if tax is None and subtotal is not None and total is not None:
            tax = total - subtotal
        return cls(subtotal, tax, total)


def with_tax(cells: Cells, stated: Stated, lines: Sequence[GivenLine], code: str) -> bool | None:
    """Return whether the lines' amounts include tax: as the file says, or as its totals prove.

    None, with the fault kept, where they lead to neither.
    """
    said = cells.yes("prices_with_tax")
    if said is not None or stated.total is None:
        return bool(said)
    together = sum((line.amount for line in lines), Decimal(0))
    taxes = [line.tax for line in lines]
    tax = stated.tax
    if tax is None and taxes and None not in taxes:
        tax = sum((found for found in taxes if found is not None), Decimal(0))
    if tax is None:
        return together == stated.total and any(line.named and line.named.rate for line in lines)
    if together == stated.total - tax:
        return False
    if together == stated.total:
        return True
    total, net, more = (amount_text(one, code) for one in (stated.total, together, tax))
    reason = f"is {total}, but the lines come to {net} and the tax to {more}"
    cells.refuse("total", reason)
    return None


def totals(
    stated: Stated, given: Sequence[GivenLine], lines: Sequence[NetLine], code: str
) -> dict[str, Decimal]:
    """Return subtotal, tax and total by our columns; what is stated goes before what the lines come to."""
    net = sum((line.amount for line in lines), Decimal(0))
    total, tax = stated.total, stated.tax
    if tax is None:
        tax = total - net if total is not None else _tax(given, lines, code)
    total = net + tax if total is None else total
    subtotal = total - tax if stated.subtotal is None else stated.subtotal
    return {"subtotal": subtotal, "tax_amount": tax, "total": total}


def _tax(given: Sequence[GivenLine], lines: Sequence[NetLine], code: str) -> Decimal:
    """Return what the file charges on its lines or, where it does not say, each rate of their sum."""
    charged = [line.tax for line in given if line.tax is not None]
    if len(charged) == len(given):
        return sum(charged, Decimal(0))
    nets: dict[NamedTax, Decimal] = {}
    for line in lines:
        nets[line.tax] = nets.get(line.tax, Decimal(0)) + line.amount
    return sum((round_half_up(net * tax.rate / 100, code) for tax, net in nets.items()), Decimal(0))


def amount_paid(
    cells: Cells, standing: Standing, total: Decimal, code: str, *, stated: bool
) -> Decimal | None:
    """Return all that was paid; None, with the fault kept, where the file does not say so soundly.

    `stated`: whether the file gives the total itself.
    """
    paid, due = cells.number("amount_paid"), cells.number("amount_due")
    if standing.status is not InvoiceStatus.SENT:
        return paid or Decimal(0)  # hosts say that nothing is due of a draft, and of what is void
    if paid is None and due is None:
        return _by_word(cells, standing, total)
    if paid is None and not stated and due not in (0, total):
        # The total that we come to may be a cent from theirs, which would be taken for a payment.
        cells.refuse(
            "amount_due", "what was paid follows from it only with the invoice's total: add that column"
        )
        return None
    if paid is None or due is None:
        paid = total - due if due is not None else paid
    elif paid + due != total:
        owed, had, all_, gone = (amount_text(one, code) for one in (due, paid, total, total - paid - due))
        reason = (
            f"{owed} is owed and {had} was paid of {all_}: {gone} was credited or written off there, which is"
            " not imported"
        )
        cells.refuse("amount_due", reason)
        return None
    assert paid is not None  # noqa: S101 - one of the two is there
    if standing.payment is not None and total and payment_status(paid, total) is not standing.payment:
        reason = (
            f"says {standing.payment}, but {amount_text(paid, code)} of {amount_text(total, code)} was paid"
        )
        cells.refuse("status", reason)
    return paid


def _by_word(cells: Cells, standing: Standing, total: Decimal) -> Decimal | None:
    if standing.payment is PaymentStatus.PAID:
        return total
    if standing.payment is PaymentStatus.UNPAID:
        return Decimal(0)
    cells.refuse("amount_paid", "the file does not say what was paid: it needs that, or what is still owed")
    return None


def payment_status(paid: Decimal, total: Decimal) -> PaymentStatus:
    """Return the word of ours for what was paid."""
    if not paid:
        return PaymentStatus.UNPAID
    return PaymentStatus.PAID if paid >= total else PaymentStatus.PARTIAL
