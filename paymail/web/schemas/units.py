"""Amounts in JSON: numbers in major units in what we answer, text in what we are asked."""

from typing import Annotated

from pydantic import Field, StringConstraints

from paymail import money

Amount = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?$"),
    Field(description="Major units as text, so that nothing is rounded.", examples=["50.00"]),
]


def major(minor: int, currency: str) -> float:
    """Return minor units as a JSON number in major units."""
    return float(money.to_decimal(minor, currency))


def major_or_none(minor: int | None, currency: str) -> float | None:
    """Return minor units as a JSON number in major units; None stays None."""
    return None if minor is None else major(minor, currency)


def minor_or_none(text: str | None, currency: str) -> int | None:
    """Return an `Amount` in minor units; None stays None. Raises BadAmount."""
    return None if text is None else money.parse_amount(text, currency)
