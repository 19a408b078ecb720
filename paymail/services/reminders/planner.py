"""The reminder sweep: writes the reminder that is due, records the steps that were missed.

Each invoice is one transaction under its lock, so that two sweeps at once, a payment and a hold take turns.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import Invoice, MessageKind, MessageState
from paymail.services.core import history
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import dedupe_keys, queue
from paymail.services.outbox.open_reminders import suppress_open
from paymail.services.outbox.queue import Queued
from paymail.services.reminders import holds, situation
from paymail.services.reminders.decision import Decision, Skipped, decide
from paymail.services.reminders.policy import Step

log = observability.logger(__name__)

LADDER = "ladder"
BATCH = 200
BROKEN_RECHECK = timedelta(hours=1)
HANDOVER_RECHECK = timedelta(minutes=2)


def plan_due(context: Context, *, limit: int = BATCH) -> int:
    """Look at every invoice whose time has come; return how many were looked at."""
    with context.transaction() as session:
        statement = (
            select(Invoice.invoice_id)
            .where(Invoice.next_reminder_at <= context.now())
            .order_by(Invoice.next_reminder_at)
            .limit(limit)
        )
        due = list(session.scalars(statement))
    for invoice_id in due:
        try:
            with context.transaction() as session:
                plan(session, invoice_id=invoice_id, now=context.now())
        except (ArithmeticError, ValueError, LookupError, TypeError) as error:
            # What nobody thought of about one invoice must not stop the reminders of all others.
            log.error("reminders cannot be planned", invoice_id=invoice_id, reason=type(error).__name__)
            with context.transaction() as session:
                holds.look_again(session, invoice_ids=[invoice_id], now=context.now() + BROKEN_RECHECK)
    return len(due)


def plan(session: Session, *, invoice_id: int, now: datetime) -> Decision | None:
    """Act on the decision about one invoice; None if another sweep was here first."""
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if invoice.next_reminder_at is None or invoice.next_reminder_at > now:
        return None
    try:
        policy = situation.policy_of(invoice)
        facts = situation.situation_of(session, invoice=invoice, steps=policy.ladder, now=now)
        decision = decide(policy, facts, now)
    except PaymailError as error:
        # A ladder or zone that cannot be read: this invoice waits, visibly, and the others go on.
        log.error("reminders cannot be planned", invoice_id=invoice_id, code=error.code, reason=str(error))
        invoice.next_reminder_at = now + BROKEN_RECHECK
        return None
    for skipped in decision.skipped:
        _record_skipped(session, invoice, skipped, now)
    invoice.next_reminder_at = decision.look_at
    if decision.send is not None and not _write(session, invoice, decision.send, now):
        invoice.next_reminder_at = now + HANDOVER_RECHECK
    return decision


def _record_skipped(session: Session, invoice: Invoice, skipped: Skipped, now: datetime) -> None:
    rung = skipped.step.rung
    queued = queue.add(
        session,
        dedupe_key=dedupe_keys.reminder(invoice_id=invoice.invoice_id, due=skipped.step.due, step=rung.key),
        kind=MessageKind.REMINDER,
        invoice=invoice,
        actor=LADDER,
        now=now,
        at=skipped.step.at,
        step=rung.key,
        due_on=skipped.step.due,
        tone=rung.tone,
        state=MessageState.SUPPRESSED,
        reason=skipped.reason,
        settled_at=now,
    )
    _note(session, invoice, "reminder_skipped", LADDER, f"step {rung.key}: {skipped.reason}", queued, now)


def _write(session: Session, invoice: Invoice, step: Step, now: datetime) -> bool:
    """Queue the reminder of a step in place of any older one; False while one is being handed over."""
    if not suppress_open(
        session, invoice_id=invoice.invoice_id, reason="replaced by a later reminder", now=now
    ):
        return False
    rung = step.rung
    queued = queue.add(
        session,
        dedupe_key=dedupe_keys.reminder(invoice_id=invoice.invoice_id, due=step.due, step=rung.key),
        kind=MessageKind.REMINDER,
        invoice=invoice,
        actor=LADDER,
        now=now,
        step=rung.key,
        due_on=step.due,
        tone=rung.tone,
    )
    _note(session, invoice, "email_queued", LADDER, f"reminder, step {rung.key}", queued, now)
    return True


def _note(
    session: Session, invoice: Invoice, kind: str, actor: str, detail: str, queued: Queued, now: datetime
) -> None:
    history.record(
        session,
        invoice_id=invoice.invoice_id,
        kind=kind,
        actor=actor,
        now=now,
        detail=detail,
        message_id=queued.message_id,
    )
