"""Dividing an amount into instalments: exact amounts, and dates by a cadence."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from paymail.errors import InvalidInput
from paymail.money import NotChargeable, stripe_amount

MOST_PARTS = 60
LATEST = timedelta(days=5 * 366)


class BadPlan(InvalidInput):
    """The plan cannot be; the message says why."""

    code = "bad_plan"


class Cadence(StrEnum):
    """How far instalments are apart."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment to be; `amount` in minor units."""

    due: date
    amount: int


def split(total: int, count: int) -> tuple[int, ...]:
    """Divide an amount (minor units) into `count` equal parts, what is left over on the first.

    Raises BadPlan.
    """
    if not 1 <= count <= MOST_PARTS:
        raise BadPlan(f"a plan must have between 1 and {MOST_PARTS} instalments")
    each, rest = divmod(total, count)
    if each <= 0:
        raise BadPlan("the amount is too small for that many instalments")
    return (each + rest, *[each] * (count - 1))


def dates(first: date, count: int, cadence: Cadence) -> tuple[date, ...]:
    """Return the due dates from `first` on; a month without its day has it on its last one.

    Raises BadPlan: a date would be beyond the calendar, which ends with the year 9999.
    """
    step = timedelta(days=7 if cadence is Cadence.WEEKLY else 14)
    try:
        if cadence is Cadence.MONTHLY:
            return tuple(_months_on(first, months) for months in range(count))
        return tuple(first + step * number for number in range(count))
    except (OverflowError, ValueError) as error:
        raise BadPlan(f"instalments starting on {first} would run beyond the last possible date") from error


def _months_on(first: date, months: int) -> date:
    year, month = divmod(first.month - 1 + months, 12)
    year, month = first.year + year, month + 1
    # Counted from the first date, so that the 31st comes back after a February.
    return date(year, month, min(first.day, monthrange(year, month)[1]))


def equal_parts(total: int, count: int, first: date, cadence: Cadence) -> tuple[Part, ...]:
    """Return a plan of equal instalments. Raises BadPlan."""
    amounts = split(total, count)
    return tuple(Part(due, amount) for due, amount in zip(dates(first, count, cadence), amounts, strict=True))


def deposit_and_rest(total: int, deposit: int, deposit_due: date, rest_due: date) -> tuple[Part, ...]:
    """Return a plan of a deposit (minor units) and the rest. Raises BadPlan."""
    if not 0 < deposit < total:
        raise BadPlan("the deposit must be above zero and less than the balance due")
    return (Part(deposit_due, deposit), Part(rest_due, total - deposit))


def check(parts: tuple[Part, ...], *, balance: int, currency: str, today: date) -> None:
    """Raise BadPlan unless the parts make a plan for this balance (minor units)."""
    if not 1 <= len(parts) <= MOST_PARTS:
        raise BadPlan(f"a plan must have between 1 and {MOST_PARTS} instalments")
    if sum(part.amount for part in parts) != balance:
        raise BadPlan("the instalments do not add up to the balance due")
    days = [part.due for part in parts]
    if any(one >= following for one, following in pairwise(days)):
        raise BadPlan("each instalment must be due later than the one before")
    if days[0] < today or days[-1] > today + LATEST:
        raise BadPlan(f"the instalments must be due between today and {today + LATEST}")
    for part in parts:
        try:
            stripe_amount(part.amount, currency)
        except NotChargeable as error:
            raise BadPlan(f"instalment due {part.due}: {error}") from error
