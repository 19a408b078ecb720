"""May this reminder go now? One pure function of policy, situation and `now` answers, whoever asks.

The sweep plans by it, the hand-over asks it about what is written, the forecast and `explain` show it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from paymail.services.reminders.policy import Policy, Step, first_day, key_of, schedule

HELD_RECHECK = timedelta(hours=6)
"""How long a hold without a known end is left alone before it is looked at again."""


class Answer(StrEnum):
    """What to do with an email that could go out."""

    GO = "go"
    WAIT = "wait"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether an email may go out now, and why not. All instants are UTC."""

    answer: Answer
    reason: str = ""
    until: datetime | None = None
    """When a wait is known to end."""
    ask_at: datetime | None = None
    """When to ask again; a wait always has it."""
    held: bool = False
    """Whether it waits for a hold to end, and is asked about again when one does."""
    final: bool = False
    """Whether a step that is not written yet has ended by this: nothing that may change brings it back."""


GO = Permission(Answer.GO)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why everything waits, and until when if that is known."""

    reason: str
    until: datetime | None = None
    recheck: timedelta | None = None
    """How soon to look again, where the end may come sooner and nobody says so."""


NOT_EMAILED = Hold("not emailed yet")
"""The customer has not had the invoice, as far as paymail knows."""
CLEARING = Hold("a payment is clearing")
"""The one hold that also concerns a reminder by hand."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All of an invoice that its reminders depend on. `done` are keys of steps that have ended somehow.

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
    """How many reminders were handed over."""
    invoice_sent_on: date | None = None
    """The issuer's date on which the invoice email last went out."""
    first_emailed_on: date | None = None
    """The issuer's date on which the invoice was first emailed."""
    invoice_due_at: datetime | None = None
    """When an invoice email is still to go out; a hold lasts until then."""
    reminded_on: date | None = None
    """The issuer's date on which a reminder last went out, or on which one by hand is under way."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Which reminder: the step `rung` that counts from `due`, or one that staff asked for."""

    due: date | None = None
    rung: str = ""
    by_hand: bool = False


def may_go(policy: Policy, situation: Situation, reminder: Reminder, now: datetime) -> Permission:
    """Return whether a reminder may go out now. `situation` is as if it had not been written itself."""
    if situation.not_owed:
        return _drop(situation.not_owed)
    if reminder.by_hand:
        # Staff asked for it knowing of promises, disputes and the hour.
        return wait_for(CLEARING, now) if CLEARING in situation.holds else GO
    if reminder.due not in situation.dues:
        return _drop("the due date has changed, or its instalment is paid")
    steps = schedule(policy, *situation.dues)
    key = key_of(reminder.due, reminder.rung)
    step = next((step for step in steps if step.key == key), None)
    if step is None:
        return _drop("this step is no longer in the ladder")
    return step_may_go(policy, situation, steps, step, now)


def step_may_go(
    policy: Policy, situation: Situation, steps: Sequence[Step], step: Step, now: datetime
) -> Permission:
    """Return whether one of `steps`, the whole schedule of an invoice that is owed, may go out now."""
    if over := _over(policy, situation, steps, step, now):
        return _drop(over, final=True)
    if step.at > now:
        soon = _too_soon(policy, situation, step, _due_on(policy, situation))
        return _drop(soon, final=True) if soon else _wait("not due yet", step.at)
    if reason := _against(policy, situation):
        return _drop(reason)
    if holds := [hold for hold in situation.holds if hold.until is None or hold.until > now]:
        return wait_for(_longest(holds), now)
    if situation.invoice_due_at is not None and _today(policy, situation.invoice_due_at, now):
        return _drop("the invoice is emailed on the same day", final=True)
    if soon := _too_soon(policy, situation, step, _due_on(policy, situation)):
        return _drop(soon, final=True)
    if not policy.calendar.is_open(now):
        return _wait("outside business hours", policy.calendar.next_opening(now))
    return GO


def _over(policy: Policy, situation: Situation, steps: Sequence[Step], step: Step, now: datetime) -> str:
    """Return why a step has ended for good, or nothing."""
    if step.key in situation.done:
        return "this step is already done"
    if step.at < situation.reminders_from:
        return "it fell due before reminders started for this invoice, or while they were off"
    soon = _too_soon(policy, situation, step, situation.first_emailed_on)
    if step.at > now:
        return soon
    newest = [one for one in steps if one.at <= now][-1]
    if newest.key != step.key:
        return "replaced by a later step"
    today = now.astimezone(policy.calendar.zone).date()
    if situation.invoice_sent_on == today:
        return "the invoice was emailed on the same day"
    if situation.reminded_on == today:
        return "another reminder was sent on the same day"
    return soon


def _due_on(policy: Policy, situation: Situation) -> date | None:
    """Return the issuer's date on which an invoice that was never emailed will be; None: none is queued."""
    due_at = None if situation.first_emailed_on else situation.invoice_due_at
    return due_at.astimezone(policy.calendar.zone).date() if due_at else None


def _too_soon(policy: Policy, situation: Situation, step: Step, emailed_on: date | None) -> str:
    """Return why a step falls due too soon after the first email, or nothing. Whoever was reminded knows."""
    if emailed_on is None or situation.sent:
        return ""
    first = first_day(policy, emailed_on)
    if step.at.astimezone(policy.calendar.zone).date() >= first:
        return ""
    return f"too soon after the first email on {emailed_on}: reminders begin on {first}"


def _against(policy: Policy, situation: Situation) -> str:
    """Return the setting that forbids a reminder, or nothing; it does not change by itself."""
    if situation.switched_off:
        return situation.switched_off
    if situation.sent >= policy.cap:
        return f"the maximum of {policy.cap} reminders has been reached"
    if situation.balance < policy.minimum:
        return "the balance is below the minimum for reminders"
    return ""


def _today(policy: Policy, instant: datetime, now: datetime) -> bool:
    zone = policy.calendar.zone
    return instant <= now and instant.astimezone(zone).date() == now.astimezone(zone).date()


def _longest(holds: Sequence[Hold]) -> Hold:
    endless = next((hold for hold in holds if hold.until is None), None)
    return endless or max(holds, key=lambda hold: hold.until.timestamp() if hold.until else 0)


def _drop(reason: str, *, final: bool = False) -> Permission:
    return Permission(Answer.DROP, reason, final=final)


def _wait(reason: str, until: datetime) -> Permission:
    return Permission(Answer.WAIT, reason, until=until, ask_at=until)


def wait_for(hold: Hold, now: datetime) -> Permission:
    """Return that an email waits for a hold, and when to ask again."""
    recheck = hold.recheck or (None if hold.until else HELD_RECHECK)
    ask_at = min(at for at in (hold.until, now + recheck if recheck else None) if at is not None)
    return Permission(Answer.WAIT, f"held: {hold.reason}", until=hold.until, ask_at=ask_at, held=True)
