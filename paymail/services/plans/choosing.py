"""How much the customer may pay now: the balance, a plan's instalment or more, or a part."""

from datetime import date

from paymail.errors import InvalidInput
from paymail.models import Invoice
from paymail.money import Money, NotChargeable, stripe_amount
from paymail.services.plans.coverage import plan_of


class BadPart(InvalidInput):
    """This amount cannot be paid; the message says what can."""

    code = "amount_not_allowed"


def suggested(invoice: Invoice, today: date) -> int:
    """Return what the page asks for, in minor units: what a plan asks for by `today`, else the balance."""
    plan = plan_of(invoice)
    if plan is None or not plan.left:
        return invoice.balance
    return min(plan.asked(today), invoice.balance)


def smallest(invoice: Invoice) -> int:
    """Return the smallest amount that may be paid, in minor units; the balance when no parts are allowed."""
    plan = plan_of(invoice)
    allowed = [invoice.balance]
    if plan and plan.following:
        allowed.append(plan.following.open)
    if invoice.part_minimum is not None:
        allowed.append(invoice.part_minimum)
    return min(allowed)


def check_amount(invoice: Invoice, amount: int) -> None:
    """Raise BadPart or NotChargeable unless `amount` (minor units) may be paid now.

    Nothing may be left that Stripe could not charge any more.
    """
    if amount > invoice.balance:
        raise BadPart(f"no more than {Money(invoice.balance, invoice.currency)} is owed")
    if amount < (least := smallest(invoice)):
        raise BadPart(f"the smallest payment is {Money(least, invoice.currency)}")
    stripe_amount(amount, invoice.currency)
    rest = invoice.balance - amount
    if not rest:
        return
    try:
        stripe_amount(rest, invoice.currency)
    except NotChargeable as error:
        left = Money(rest, invoice.currency)
        raise BadPart(f"{left} would be left, which cannot be paid online; please pay all of it") from error
