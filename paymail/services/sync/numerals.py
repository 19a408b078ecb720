"""Amounts as a view shows them."""

from decimal import Decimal, InvalidOperation


def decimal_of(text: str | None) -> Decimal | None:
    """Return a number, None for what is none, such as NaN."""
    try:
        found = Decimal(text or "")
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
