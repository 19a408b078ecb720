"""Deciding about reminders: a pure function of policy, situation and `now`.

The sweep acts by it, the hand-over asks it again, and the forecast and `explain` show it: one answer.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import product

from paymail.services.core.calendar import BusinessCalendar
from paymail.services.reminders.ladder import Ladder, Rung

HELD_RECHECK = timedelta(hours=6)
"""How long a hold without an end is left alone before it is looked at again."""

MISSED = "missed; replaced by a later reminder"


@dataclass(frozen=True, slots=True)
class Policy:
    """How an issuer reminds. `minimum` in minor units of the invoice's currency."""

    calendar: BusinessCalendar
    ladder: Ladder
    minimum: int = 0
    cap: int = 10


@dataclass(frozen=True, slots=True)
class Hold:
    """Why everything waits, and until when if that is known."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All of an invoice that the ladder depends on. `done` are keys of steps that have ended somehow.

    `dues` are the dates that the ladder counts from: the invoice's, or those of a plan's open instalments.
    """

    dues: tuple[date, ...]
    balance: int
    not_owed: str
    """Why no money is asked for at all (void, draft, paid); empty when it is owed."""
    reminders_from: datetime
    switched_off: str = ""
    holds: tuple[Hold, ...] = ()
    done: Collection[str] = field(default_factory=frozenset)
    sent: int = 0
    invoice_sent_on: date | None = None
    """The issuer's date on which the invoice email last went out."""
    reminded_on: date | None = None
    """The issuer's date on which a reminder last went out, or on which one by hand is under way."""


@dataclass(frozen=True, slots=True)
class Step:
    """A rung with the instant (UTC) at which it falls due, and the due date that it counts from."""

    rung: Rung
    at: datetime
    due: date

    @property
    def key(self) -> str:
        """The step's name among all of an invoice's, whose instalments each have a ladder."""
        return f"{self.due.isoformat()}:{self.rung.key}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A step that will not be sent any more, and why."""

    step: Step
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now. `reason` says why nothing is sent; `look_at` when that may change by itself."""

    send: Step | None = None
    skipped: tuple[Skipped, ...] = ()
    current: Step | None = None
    reason: str = ""
    look_at: datetime | None = None


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


def pending(policy: Policy, situation: Situation) -> list[Step]:
    """Return the steps that have not ended and are owed: not older than `reminders_from`."""
    return [
        step
        for step in schedule(policy, *situation.dues)
        if step.key not in situation.done and step.at >= situation.reminders_from
    ]


def decide(policy: Policy, situation: Situation, now: datetime) -> Decision:
    """Return what to do about an invoice now: at most one reminder, the newest step that is due."""
    if situation.not_owed:
        return Decision(reason=situation.not_owed)
    steps = pending(policy, situation)
    passed = [step for step in steps if step.at <= now]
    following = next((step.at for step in steps if step.at > now), None)
    if not passed:
        return Decision(
            look_at=following,
            reason="" if following else "every reminder in the ladder has been sent or skipped",
        )
    current = passed[-1]
    against = obstacle(policy, situation, now)
    why_missed = f"{MISSED} ({against.reason})" if against else MISSED
    skipped = tuple(Skipped(step, why_missed) for step in passed[:-1])
    if mailed := _mailed_today(situation, now.astimezone(policy.calendar.zone).date()):
        same_day = Skipped(current, mailed)
        return Decision(skipped=(*skipped, same_day), look_at=following, reason=mailed)
    if against is None:
        return Decision(send=current, skipped=skipped, current=current, look_at=following)
    look_at = min((at for at in (against.until, following) if at is not None), default=None)
    return Decision(skipped=skipped, current=current, reason=against.reason, look_at=look_at)


def _mailed_today(situation: Situation, today: date) -> str:
    if situation.invoice_sent_on == today:
        return "the invoice was emailed on the same day"
    return "another reminder was sent on the same day" if situation.reminded_on == today else ""


def obstacle(policy: Policy, situation: Situation, now: datetime) -> Hold | None:
    """Return what stands against a reminder now; without `until`, it does not go away by itself."""
    if situation.switched_off:
        return Hold(situation.switched_off)
    if situation.sent >= policy.cap:
        return Hold(f"the maximum of {policy.cap} reminders has been reached")
    if situation.balance < policy.minimum:
        return Hold("the balance is below the minimum for reminders")
    if situation.holds:
        longest = situation.holds[0]
        return Hold(f"held: {longest.reason}", longest.until or now + HELD_RECHECK)
    if not policy.calendar.is_open(now):
        return Hold("outside business hours", policy.calendar.next_opening(now))
    return None
