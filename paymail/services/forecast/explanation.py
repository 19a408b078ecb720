"""One invoice's reminders explained: each step with its fate, the next one, and why none goes now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import Invoice, Message, MessageKind, MessageState
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery.permission import permission_of, reminder_of
from paymail.services.forecast.coming import local_text
from paymail.services.forecast.expected_reminders import expected
from paymail.services.forecast.forecast import SLACK, prospect
from paymail.services.outbox import dedupe_keys
from paymail.services.reminders import ladder, situation
from paymail.services.reminders.decision import decide
from paymail.services.reminders.permission import Answer, Permission, Reminder, Situation, may_go
from paymail.services.reminders.policy import Policy, Step, schedule

_BEFORE_HANDOVER = (MessageState.SCHEDULED, MessageState.SENDING)


@dataclass(frozen=True, slots=True)
class StepFate:
    """A step of an invoice's ladder and what became of it, or will."""

    step: str
    tone: str
    at: datetime
    local: str
    fate: str
    message_id: int | None = None
    due: date | None = None
    """The due date that it counts from: the invoice's, or an instalment's."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an invoice's reminders are as they are."""

    invoice: Invoice
    next_at: datetime | None
    """When the next one goes out if nothing changes; None: none will."""
    next_local: str
    reason: str
    """Why nothing goes out now."""
    steps: tuple[StepFate, ...]
    problem: str = ""
    """Why the ladder cannot be planned at all (a broken setting)."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A reminder that is written; before its hand-over with the answer that this would give now."""

    message: Message
    permission: Permission | None = None
    goes_at: datetime | None = None

    @property
    def reason(self) -> str:
        """Why it does not go, or did not."""
        return (self.permission.reason if self.permission else "") or self.message.reason

    @property
    def fate(self) -> str:
        """What became of it, or will."""
        if self.permission is not None and self.permission.answer is Answer.DROP:
            return f"will not be sent: {self.reason}"
        return f"{self.message.state}: {self.reason}" if self.reason else self.message.state.value


def explain(session: Session, *, invoice_id: int, now: datetime) -> Explanation:
    """Return each step of an invoice's ladder with its fate, the next one, and why none goes now.

    Raises NoSuchInvoice.
    """
    invoice = load_invoice(session, invoice_id=invoice_id)
    try:
        policy = situation.policy_of(invoice)
    except PaymailError as error:
        return Explanation(invoice, None, "", "", (), problem=str(error))
    facts = situation.situation_of(session, invoice=invoice, steps=policy.ladder, now=now)
    horizon = now + timedelta(days=ladder.LATEST) + SLACK
    written = _reminders(session, invoice, now, horizon)
    goes_at = min((one.goes_at for one in written.values() if one.goes_at), default=None)
    ahead = {
        step.key: (at, held) for step, at, held in expected(policy, facts, now, horizon, written=goes_at)
    }
    next_at = min((at for at in (goes_at, *(at for at, _held in ahead.values())) if at), default=None)
    waiting = next((one.reason for one in written.values() if one.permission), "")
    held = next((held for at, held in ahead.values() if at is None), "") if next_at is None else ""
    reason = waiting or decide(policy, facts, now).reason or held
    steps = _fates(invoice, policy, facts, ahead, written, now)
    return Explanation(invoice, next_at, local_text(policy, next_at), reason, steps)


def _reminders(session: Session, invoice: Invoice, now: datetime, horizon: datetime) -> dict[str, _Written]:
    """Return the reminders of an invoice by their dedupe keys, oldest first."""
    statement = select(Message).where(
        Message.invoice_id == invoice.invoice_id, Message.kind == MessageKind.REMINDER
    )
    found = {}
    for message in session.scalars(statement.order_by(Message.message_id)):
        found[message.dedupe_key] = _Written(message)
        if message.state in _BEFORE_HANDOVER:
            permission = permission_of(session, message=message, invoice=invoice, now=now)
            goes_at, _held = prospect(session, message=message, invoice=invoice, now=now, until=horizon)
            found[message.dedupe_key] = _Written(message, permission, goes_at)
    return found


def _fates(
    invoice: Invoice,
    policy: Policy,
    facts: Situation,
    ahead: Mapping[str, tuple[datetime | None, str]],
    written: Mapping[str, _Written],
    now: datetime,
) -> tuple[StepFate, ...]:
    """Return the steps of the ladder in force, and what was written of others, in order of time."""
    left = dict(written)
    fates = []
    for step in schedule(policy, *facts.dues):
        key = dedupe_keys.reminder(invoice_id=invoice.invoice_id, due=step.due, step=step.rung.key)
        one = left.pop(key, None)
        if one is None:
            at, fate = _planned(policy, facts, step, ahead, now)
            fates.append(_step_fate(policy, step, at, fate))
        else:
            fates.append(_step_fate(policy, step, one.goes_at or step.at, one.fate, one.message.message_id))
    fates += [_former(policy, one) for one in left.values() if not reminder_of(one.message).by_hand]
    return tuple(sorted(fates, key=lambda fate: fate.at))


def _planned(
    policy: Policy,
    facts: Situation,
    step: Step,
    ahead: Mapping[str, tuple[datetime | None, str]],
    now: datetime,
) -> tuple[datetime, str]:
    """Return when a step that is not written goes out, or would have, and what will become of it."""
    if step.key in ahead:
        at, held = ahead[step.key]
        return at or step.at, held or "will be sent"
    found = may_go(policy, facts, Reminder(step.due, step.rung.key), now)
    said = found.answer is Answer.DROP and (found.final or facts.not_owed)
    return step.at, found.reason if said else "a later step replaces it"


def _step_fate(
    policy: Policy, step: Step, at: datetime, fate: str, message_id: int | None = None
) -> StepFate:
    return StepFate(
        step.rung.key, step.rung.tone, at, local_text(policy, at), fate, message_id=message_id, due=step.due
    )


def _former(policy: Policy, one: _Written) -> StepFate:
    """Return the fate of a reminder whose step the ladder has no more, or whose due date has changed."""
    message, at = one.message, one.goes_at or one.message.next_at
    return StepFate(
        step=message.step,
        tone=message.tone,
        at=at,
        local=local_text(policy, at),
        fate=one.fate,
        message_id=message.message_id,
        due=reminder_of(message).due,
    )
