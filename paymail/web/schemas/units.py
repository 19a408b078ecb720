"""Minor units as JSON numbers."""

from paymail import money


def major(minor: int, currency: str) -> float:
    """Return minor units as a JSON number in major units."""
    return float(money.to_decimal(minor, currency))
