"""Which reminders the ladder of one invoice brings if nothing changes: decided as the sweep decides."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from paymail.services.reminders.decision import Decision, decide
from paymail.services.reminders.permission import Answer, Situation
from paymail.services.reminders.policy import Policy, Step


def expected(
    policy: Policy, facts: Situation, now: datetime, until: datetime, *, written: datetime | None = None
) -> Iterator[tuple[Step, datetime | None, str]]:
    """Decide at each instant at which the answer is known to change: each step with when, or why not.

    `written` is when a reminder goes out that is written already; `facts` do not count it.
    """
    at: datetime | None = now
    while at is not None and at <= until:
        if written is not None and _day(policy, written) <= _day(policy, at):
            facts, written = _reminded(policy, facts, written), None
        decision = decide(policy, facts, at)
        ended = {skipped.step.key for skipped in decision.skipped}
        if decision.send is not None:
            yield decision.send, at, ""
            ended.add(decision.send.key)
            facts, written = _reminded(policy, facts, at), None
        elif decision.current is not None and _lasts(decision, until):
            yield decision.current, None, decision.reason
            ended.add(decision.current.key)
        facts = replace(facts, done={*facts.done, *ended})
        at = _next_change(decision)


def _reminded(policy: Policy, facts: Situation, at: datetime) -> Situation:
    """Return the facts after a reminder went out at an instant."""
    return replace(facts, sent=facts.sent + 1, reminded_on=_day(policy, at))


def _next_change(decision: Decision) -> datetime | None:
    ends = decision.permission.until if decision.permission else None
    return min((at for at in (ends, decision.following) if at is not None), default=None)


def _lasts(decision: Decision, until: datetime) -> bool:
    """Whether what stands against a step now still does at the end of the window, or without end."""
    found, change = decision.permission, _next_change(decision)
    endless = found is not None and found.answer is Answer.WAIT and found.until is None
    return endless or change is None or change > until


def _day(policy: Policy, instant: datetime) -> date:
    return instant.astimezone(policy.calendar.zone).date()
