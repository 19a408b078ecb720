"""How much the customer may pay now: the balance, a plan's instalment or more, or a part."""

from collections.abc import Iterable
from datetime import date
from itertools import accumulate

from paymail.errors import InvalidInput
from paymail.models import Invoice
from paymail.money import (
    Money,
    NotChargeable,
    charge_obstacle,
    stripe_amount,
    stripe_minimum,
    stripe_units,
    why_not,
)
from paymail.services.core.online_payment import balance_obstacle
from paymail.services.plans.coverage import PlanView, plan_of


class BadPart(InvalidInput):
    """This amount cannot be paid; the message says what can."""

    code = "amount_not_allowed"


def suggested(invoice: Invoice, today: date) -> int:
    """Return what the page asks for, in minor units: what a plan asks for by `today`, else the balance.

    What is left of an instalment may be too little to charge; then the next one is asked for with it.
    """
    plan = plan_of(invoice)
    if plan is None or not plan.left:
        return invoice.balance
    asked = plan.asked(today)
    enough = (amount for amount in _sums(plan) if amount >= asked and _payable(invoice, amount))
    return min(next(enough, invoice.balance), invoice.balance)


def _sums(plan: PlanView) -> Iterable[int]:
    """Return what pays the first open instalment, the first two, and so on."""
    return accumulate(part.open for part in plan.left)


def _payable(invoice: Invoice, amount: int) -> bool:
    """Whether Stripe could charge this amount, and what is left then."""
    rest = invoice.balance - amount
    return charge_obstacle(amount, invoice.currency) is None and (
        not rest or _payable_later(rest, invoice.currency)
    )


def smallest(invoice: Invoice) -> int:
    """Return the smallest amount that may be paid, in minor units; the balance when no parts are allowed."""
    plan = plan_of(invoice)
    allowed = [invoice.balance]
    if plan:
        allowed += [amount for amount in _sums(plan) if _payable(invoice, amount)][:1]
    if invoice.part_minimum is not None:
        allowed.append(invoice.part_minimum)
    return min(allowed)


def check_amount(invoice: Invoice, amount: int) -> None:
    """Raise BadPart or NotChargeable unless `amount` (minor units) may be paid now.

    Nothing may be left that Stripe could not charge any more.
    """
    if (obstacle := balance_obstacle(invoice)) is not None:
        raise NotChargeable(why_not(obstacle, invoice.currency))
    if amount > invoice.balance:
        raise BadPart(f"the amount is more than the {Money(invoice.balance, invoice.currency)} owed")
    if amount < (least := smallest(invoice)):
        raise BadPart(f"the minimum payment is {Money(least, invoice.currency)}")
    stripe_amount(amount, invoice.currency)
    rest = invoice.balance - amount
    if rest and not _payable_later(rest, invoice.currency):
        left = Money(rest, invoice.currency)
        raise BadPart(f"{left} would be left, which is too little to pay online; please pay the full balance")


def _payable_later(rest: int, currency: str) -> bool:
    """Whether a rest can be paid online: what is too much for one charge can be paid in parts again."""
    try:
        return stripe_units(rest, currency) >= stripe_minimum(currency)
    except NotChargeable:
        return False
