"""Planning: which step of an invoice's ladder is the current one, which were missed, when to look again.

A pure function of policy, situation and `now`, built on the permission that the hand-over asks for too.
"""

from dataclasses import dataclass
from datetime import datetime

from paymail.services.reminders.permission import Answer, Permission, Situation, step_may_go
from paymail.services.reminders.policy import Policy, Step, schedule

MISSED = "missed; replaced by a later reminder"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A step that will not be sent any more, and why."""

    step: Step
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now. `reason` says why nothing is sent; `look_at` when to decide again."""

    send: Step | None = None
    skipped: tuple[Skipped, ...] = ()
    current: Step | None = None
    """The newest step that is due and has not ended."""
    reason: str = ""
    look_at: datetime | None = None
    following: datetime | None = None
    """When the next step falls due."""
    permission: Permission | None = None
    """The answer about the newest step that is due; None when none is."""


def decide(policy: Policy, situation: Situation, now: datetime) -> Decision:
    """Return what to do about an invoice now: at most one reminder, the newest step that is due."""
    if situation.not_owed:
        return Decision(reason=situation.not_owed)
    steps = schedule(policy, *situation.dues)
    left = [s for s in steps if s.key not in situation.done and s.at >= situation.reminders_from]
    passed = [step for step in left if step.at <= now]
    following = next((step.at for step in left if step.at > now), None)
    if not passed:
        reason = "" if following else "every reminder in the ladder has been sent or skipped"
        return Decision(reason=reason, look_at=following, following=following)
    current = passed[-1]
    permission = step_may_go(policy, situation, steps, current, now)
    why_missed = f"{MISSED} ({permission.reason})" if permission.reason else MISSED
    skipped = tuple(Skipped(step, why_missed) for step in passed[:-1])
    if permission.final:
        skipped = (*skipped, Skipped(current, permission.reason))
    return Decision(
        send=current if permission.answer is Answer.GO else None,
        skipped=skipped,
        current=None if permission.final else current,
        reason=permission.reason,
        look_at=min((at for at in (permission.ask_at, following) if at is not None), default=None),
        following=following,
        permission=permission,
    )
