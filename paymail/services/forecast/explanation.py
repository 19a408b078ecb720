"""One invoice's reminders explained: each step with its fate, the next one, and why none goes now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import Invoice, Message
from paymail.services.core.invoices import load_invoice
from paymail.services.forecast.forecast import SLACK, expected, local_text
from paymail.services.outbox import dedupe_keys
from paymail.services.reminders import ladder, situation
from paymail.services.reminders.decision import Policy, Situation, Step, decide, pending, schedule


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
    reason = decide(policy, facts, now).reason
    horizon = now + timedelta(days=ladder.LATEST) + SLACK
    ahead = {step.key: (at, held) for step, at, held in expected(policy, facts, now, horizon)}
    next_at = min((at for at, _held in ahead.values() if at is not None), default=None)
    steps = tuple(
        _fate(session, invoice, policy, facts, step, ahead) for step in schedule(policy, *facts.dues)
    )
    return Explanation(invoice, next_at, local_text(policy, next_at), reason, steps)


def _fate(
    session: Session,
    invoice: Invoice,
    policy: Policy,
    facts: Situation,
    step: Step,
    ahead: dict[str, tuple[datetime | None, str]],
) -> StepFate:
    key = dedupe_keys.reminder(invoice_id=invoice.invoice_id, due=step.due, step=step.rung.key)
    message = session.scalars(select(Message).where(Message.dedupe_key == key)).one_or_none()
    at, fate = step.at, facts.not_owed or "a later step replaces it"
    if message is not None:
        fate = f"{message.state}: {message.reason}" if message.reason else message.state.value
    elif step not in pending(policy, facts):
        fate = "not sent: it fell before the invoice was imported, or while reminders were off"
    elif step.key in ahead:
        planned, held = ahead[step.key]
        at, fate = planned or step.at, held or "will be sent"
    return StepFate(
        step=step.rung.key,
        tone=step.rung.tone,
        at=at,
        local=local_text(policy, at),
        fate=fate,
        message_id=message.message_id if message else None,
        due=step.due,
    )
