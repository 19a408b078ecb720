"""Whether an invoice can be paid online: asked before it is mailed, and by the till."""

from paymail.models import Invoice
from paymail.money import Obstacle, charge_obstacle


def online_obstacle(invoice: Invoice) -> Obstacle | None:
    """Return why nothing of an invoice's balance can be charged online, now or part by part; None if it can.

    Of one that owes nothing there is nothing to say. Its issuer is loaded, and its plan.
    """
    if not invoice.balance:
        return None
    if not invoice.issuer.stripe_account:
        return Obstacle.NO_ACCOUNT
    return balance_obstacle(invoice)


def balance_obstacle(invoice: Invoice) -> Obstacle | None:
    """Return the same of the amount alone. What is too much for one charge may be paid in parts."""
    found = charge_obstacle(invoice.balance, invoice.currency)
    if found is Obstacle.ABOVE_MAXIMUM and (_takes_parts(invoice) or invoice.plan is not None):
        return None
    return found


def _takes_parts(invoice: Invoice) -> bool:
    """Whether the smallest part that the customer may choose can be charged at once."""
    part = invoice.part_minimum
    return part is not None and charge_obstacle(part, invoice.currency) is not Obstacle.ABOVE_MAXIMUM
