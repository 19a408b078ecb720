"""Instalments as a person types them: a line each, a date and an amount."""

import re
from datetime import date

from paymail.money import BadAmount, parse_amount
from paymail.services.plans.instalments import MOST_PARTS, BadPlan, Part

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EXAMPLE = "2026-12-01 50.00"


def read_day(text: str) -> date:
    """Read a date such as `2026-12-01`, and no other spelling of one. Raises BadPlan."""
    given = text.strip()
    if not given:
        raise BadPlan("enter a date")
    try:
        if _DAY.fullmatch(given):
            return date.fromisoformat(given)
    except ValueError as error:
        raise BadPlan(f"{given!r} is not a real date") from error
    raise BadPlan(f"{given[:20]!r} is not a date; use a format such as 2026-12-01")


def read_count(text: str) -> int:
    """Read how many instalments there shall be. Raises BadPlan."""
    given = text.strip()
    if not re.fullmatch(r"[0-9]{1,3}", given):
        raise BadPlan(f"enter a number of instalments between 1 and {MOST_PARTS}")
    return int(given)


def read_parts(text: str, currency: str) -> tuple[Part, ...]:
    """Read lines such as `2026-12-01 50.00`, amounts in major units; empty lines count for nothing.

    Raises BadPlan, which names the line, and UnknownCurrency.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1)]
    parts = tuple(_part(number, words, currency) for number, words in lines if words)
    if not parts:
        raise BadPlan(f"enter each instalment on its own line, for example {EXAMPLE}")
    return parts


def _part(number: int, words: list[str], currency: str) -> Part:
    if len(words) != 2:
        raise BadPlan(f"line {number} must be a date and an amount, for example {EXAMPLE}")
    try:
        return Part(read_day(words[0]), parse_amount(words[1], currency))
    except (BadPlan, BadAmount) as error:
        raise BadPlan(f"line {number}: {error}") from error
