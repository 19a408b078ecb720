"""Numbers of other systems as text, without the zeros that they pad them with."""

from decimal import Decimal

from paymail.money import round_half_up


def plain(value: Decimal) -> str:
    """Return a number as `82.5`, however many zeros it has."""
    return f"{value.normalize():f}"


def amount_text(value: Decimal, code: str) -> str:
    """Return an amount for people: with its currency's decimals, or with more where it has more."""
    rounded = round_half_up(value, code)
    return f"{rounded:f}" if rounded == value else plain(value)
