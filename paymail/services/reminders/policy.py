"""How an issuer reminds, and the steps with their instants that follow from it for a due date."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product

from paymail.services.core.calendar import BusinessCalendar
from paymail.services.reminders.ladder import Ladder, Rung


@dataclass(frozen=True, slots=True)
class Policy:
    """How an issuer reminds. `minimum` in minor units of the invoice's currency."""

    calendar: BusinessCalendar
    ladder: Ladder
    minimum: int = 0
    cap: int = 10
    gap: int = 1
    """Whole business days between the first email and the first reminder."""


def key_of(due: date | None, rung: str) -> str:
    """Return a step's name among all of an invoice's, whose instalments each have a ladder."""
    return f"{due}:{rung}"


@dataclass(frozen=True, slots=True)
class Step:
    """A rung with the instant (UTC) at which it falls due, and the due date that it counts from."""

    rung: Rung
    at: datetime
    due: date

    @property
    def key(self) -> str:
        """The step's name among all of an invoice's."""
        return key_of(self.due, self.rung.key)


def schedule(policy: Policy, *dues: date) -> list[Step]:
    """Return every step of the ladder of each due date with its instant, in order.

    A step before the due date moves back to a business day (a "soon due" after the date would be wrong),
    the others move on. Two that meet on one day keep their order; the later one will win.
    """
    calendar = policy.calendar
    steps = []
    for due, rung in product(dues, policy.ladder):
        wanted = due + timedelta(days=rung.days)
        day = calendar.business_day(wanted, step=-1 if rung.days < 0 else 1)
        steps.append(Step(rung, calendar.morning(day), due))
    return sorted(steps, key=lambda step: (step.at, step.rung.days))


def first_day(policy: Policy, emailed_on: date) -> date:
    """Return the first day on which an invoice that was first emailed on a day may be reminded of."""
    day = emailed_on
    for _ in range(policy.gap + 1):
        day = policy.calendar.business_day(day + timedelta(days=1), step=1)
    return day
