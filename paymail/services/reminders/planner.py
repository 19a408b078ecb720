"""The reminder sweep: writes the reminder that is due, records the steps that were missed.

Some invoices are one transaction under their locks, so that a payment and a hold take turns with it. Two
sweeps at once take different ones. What is decided about an invoice does not depend on those beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import Invoice, MessageKind, MessageState
from paymail.services.core import history
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import PARTIES_AND_PLAN, load_invoices
from paymail.services.outbox import dedupe_keys, message_rows
from paymail.services.outbox.message_rows import Row
from paymail.services.outbox.open_reminders import suppress_all_open
from paymail.services.reminders import holds, situation
from paymail.services.reminders.decision import Decision, Skipped, decide
from paymail.services.reminders.policy import Policy, Step

log = observability.logger(__name__)

LADDER = "ladder"
BATCH = 200
AT_ONCE = 50
"""Invoices of one transaction: a fraction of a second, in which their customers' payments wait."""
BROKEN_RECHECK = timedelta(hours=1)
HANDOVER_RECHECK = timedelta(minutes=2)
_UNFORESEEN = (ArithmeticError, ValueError, LookupError, TypeError, PaymailError)


def plan_due(context: Context, *, limit: int = BATCH) -> int:
    """Look at invoices whose time has come, those that wait longest first; return how many were looked at."""
    looked = 0
    while looked < limit:
        size = min(AT_ONCE, limit - looked)
        found = _plan_some(context, size)
        looked += found
        if found < size:
            break
    return looked


def _plan_some(context: Context, size: int) -> int:
    ids: list[int] = []
    try:
        with context.transaction() as session:
            now = context.now()
            ids += _take_due(session, now, size)
            _plan_all(session, ids, now)
    except _UNFORESEEN:
        for invoice_id in ids:
            _plan_alone(context, invoice_id)
    return len(ids)


def _plan_alone(context: Context, invoice_id: int) -> None:
    """What nobody thought of about one invoice must not stop the reminders of those beside it."""
    try:
        with context.transaction() as session:
            plan(session, invoice_id=invoice_id, now=context.now())
    except _UNFORESEEN as error:
        log.error("reminders cannot be planned", invoice_id=invoice_id, reason=type(error).__name__)
        with context.transaction() as session:
            holds.look_again(session, invoice_ids=[invoice_id], now=context.now() + BROKEN_RECHECK)


def _take_due(session: Session, now: datetime, size: int) -> list[int]:
    """Lock the invoices whose time has come; those that somebody else has locked come later."""
    statement = (
        select(Invoice.invoice_id)
        .where(Invoice.next_reminder_at <= now)
        .order_by(
            Invoice.next_reminder_at
        )  # and by nothing else: an import gives one instant to all of its own
        .limit(size)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(session.scalars(statement))


def plan(session: Session, *, invoice_id: int, now: datetime) -> Decision | None:
    """Act on the decision about one invoice; None when another sweep was first, or nothing can be decided."""
    session.execute(
        select(Invoice.invoice_id).where(Invoice.invoice_id == invoice_id).with_for_update(key_share=True)
    )
    return _plan_all(session, [invoice_id], now).get(invoice_id)


def _plan_all(session: Session, ids: Sequence[int], now: datetime) -> dict[int, Decision]:
    """Act on the decisions about locked invoices. The number of statements does not grow with theirs."""
    if not ids:
        return {}
    loaded = load_invoices(session, invoice_ids=ids, options=PARTIES_AND_PLAN, lock=False)
    due = [one for one in loaded if one.next_reminder_at is not None and one.next_reminder_at <= now]
    decided = _decisions(session, due, now)
    sending = [invoice.invoice_id for invoice, decision in decided if decision.send is not None]
    passed_over = _give_way(session, sending, now)
    written = _Written(now)
    for invoice, decision in decided:
        written.skip(invoice, decision.skipped)
        invoice.next_reminder_at = decision.look_at
        if decision.send is not None and invoice.invoice_id in passed_over:
            invoice.next_reminder_at = now + HANDOVER_RECHECK
        elif decision.send is not None:
            written.send(invoice, decision.send)
    written.store(session)
    return {invoice.invoice_id: decision for invoice, decision in decided}


def _give_way(session: Session, invoice_ids: Sequence[int], now: datetime) -> set[int]:
    """Suppress older reminders; return the invoices one of whose is being handed over."""
    if not invoice_ids:
        return set()
    reason = "replaced by a later reminder"
    return suppress_all_open(session, invoice_ids=invoice_ids, reason=reason, now=now)


def _decisions(
    session: Session, invoices: Iterable[Invoice], now: datetime
) -> list[tuple[Invoice, Decision]]:
    policies: list[tuple[Invoice, Policy]] = []
    for invoice in invoices:
        try:
            policies.append((invoice, situation.policy_of(invoice)))
        except PaymailError as error:
            _put_off(invoice, error, now)
    steps = [(invoice, policy.ladder) for invoice, policy in policies]
    facts = situation.gather(session, invoices=steps, now=now)
    found = []
    for invoice, policy in policies:
        try:
            found.append((invoice, decide(policy, facts[invoice.invoice_id], now)))
        except PaymailError as error:
            _put_off(invoice, error, now)
    return found


def _put_off(invoice: Invoice, error: PaymailError, now: datetime) -> None:
    """A ladder or zone that cannot be read: this invoice waits, visibly, and the others go on."""
    what = {"invoice_id": invoice.invoice_id, "code": error.code, "reason": str(error)}
    log.error("reminders cannot be planned", **what)
    invoice.next_reminder_at = now + BROKEN_RECHECK


@dataclass(slots=True)
class _Written:
    """The messages of a transaction, each with its line of history; written together."""

    now: datetime
    rows: list[Row] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    """Kind and text, for each of the rows."""

    def skip(self, invoice: Invoice, steps: Iterable[Skipped]) -> None:
        """Record steps that will not be sent any more."""
        for skipped in steps:
            ended = {"state": MessageState.SUPPRESSED, "reason": skipped.reason, "settled_at": self.now}
            self.rows.append(self._row(invoice, skipped.step, at=skipped.step.at, **ended))
            text = f"step {skipped.step.rung.key}: {skipped.reason}"
            self.lines.append(("reminder_skipped", text))

    def send(self, invoice: Invoice, step: Step) -> None:
        """Queue the reminder of a step."""
        scheduled = {"state": MessageState.SCHEDULED, "reason": "", "settled_at": None}
        self.rows.append(self._row(invoice, step, **scheduled))
        self.lines.append(("email_queued", f"reminder, step {step.rung.key}"))

    def store(self, session: Session) -> None:
        """Write them all."""
        queued = message_rows.add_all(session, self.rows, now=self.now)
        events = [
            history.Event(row["invoice_id"], kind, text, one.message_id)
            for row, (kind, text), one in zip(self.rows, self.lines, queued, strict=True)
        ]
        history.record_all(session, events, actor=LADDER, now=self.now)

    def _row(self, invoice: Invoice, step: Step, **more: Any) -> Row:
        return message_rows.row_of(
            dedupe_key=dedupe_keys.reminder(invoice_id=invoice.invoice_id, due=step.due, step=step.rung.key),
            kind=MessageKind.REMINDER,
            invoice=invoice,
            actor=LADDER,
            now=self.now,
            step=step.rung.key,
            due_on=step.due,
            tone=step.rung.tone,
            **more,
        )
