"""Why what is asked for cannot be paid online, so that the page says so instead of showing a form."""

from enum import StrEnum

from paymail.money import STRIPE_MAXIMUM, Money, NotChargeable, stripe_minimum, stripe_units


class Obstacle(StrEnum):
    """What Stripe would refuse the amount for."""

    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_EXACT = "not_exact"
    """Amounts with three decimals are charged in tens only."""


def obstacle_of(amount: Money) -> Obstacle | None:
    """Return why an amount cannot be charged at once; None where it can."""
    try:
        units = stripe_units(amount.minor, amount.currency)
    except NotChargeable:
        return Obstacle.NOT_EXACT
    if units < stripe_minimum(amount.currency):
        return Obstacle.TOO_SMALL
    return Obstacle.TOO_LARGE if units > STRIPE_MAXIMUM else None
