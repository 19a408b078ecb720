"""A reminder that staff ask for, whatever the ladder says."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.emails import Tone
from paymail.errors import Conflict
from paymail.models import Invoice, Message, MessageKind
from paymail.services.core import history
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.links import pay_links
from paymail.services.outbox import dedupe_keys, queue
from paymail.services.outbox.open_reminders import suppress_open
from paymail.services.outbox.queue import Queued
from paymail.services.plans.coverage import dues
from paymail.services.reminders import ladder, situation

BY_HAND = "hand"
"""How the step of such a reminder is shown."""


class NotRemindable(Conflict):
    """The invoice's state does not allow a reminder; the message says why."""

    code = "not_remindable"


class ToneDoesNotFit(Conflict):
    """What a reminder of this tone says is not true today; the message says which tones fit."""

    code = "tone_does_not_fit"


def remind_by_hand(
    session: Session,
    *,
    invoice_id: int,
    tone: Tone | None = None,
    actor: str,
    now: datetime,
    sequence: int | None = None,
) -> Queued:
    """Queue a reminder that staff ask for, at any hour and whatever the ladder says.

    Without a `tone` it speaks as the ladder does on that day. A page passes the `sequence` it showed, so that
    a double click is one reminder.
    Raises NoSuchInvoice, ToneDoesNotFit, and NotRemindable when nothing is owed, a payment is clearing, or
    another one is under way.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if reason := situation.not_owed(invoice):
        raise NotRemindable(f"cannot send a reminder: {reason}")
    if not invoice.can_pay:
        raise NotRemindable("cannot send a reminder: a payment is clearing")
    spoken = _tone(invoice, tone, now)
    following = next_sequence(session, invoice_id=invoice_id)
    if not (sequence and sequence < following) and not suppress_open(
        session, invoice_id=invoice_id, reason="replaced by a manual reminder", now=now
    ):
        raise NotRemindable("another reminder for this invoice is being sent")
    queued = queue.add(
        session,
        dedupe_key=dedupe_keys.reminder_by_hand(
            invoice_id=invoice_id, sequence=min(sequence or following, following)
        ),
        kind=MessageKind.REMINDER,
        invoice=invoice,
        actor=actor,
        now=now,
        step=BY_HAND,
        by_hand=True,
        tone=spoken,
    )
    if queued.created:
        pay_links.ensure(session, invoice=invoice, actor=actor, now=now)
        _note(session, invoice, queued, actor, now, spoken)
    return queued


def _note(session: Session, invoice: Invoice, queued: Queued, actor: str, now: datetime, tone: Tone) -> None:
    history.record(
        session,
        invoice_id=invoice.invoice_id,
        kind="email_queued",
        actor=actor,
        now=now,
        detail=f"manual reminder, {tone}",
        message_id=queued.message_id,
    )


def fitting_tones(invoice: Invoice, now: datetime) -> tuple[Tone, ...]:
    """Return the tones that fit an invoice today, by its due date or that of its oldest open instalment."""
    return Tone.fitting(_days_overdue(invoice, now))


def _days_overdue(invoice: Invoice, now: datetime) -> int:
    return (local_date(invoice.issuer, now) - dues(invoice)[0]).days


def _tone(invoice: Invoice, asked: Tone | None, now: datetime) -> Tone:
    days = _days_overdue(invoice, now)
    if asked is None:
        steps = ladder.effective(invoice.ladder, invoice.customer.ladder, invoice.issuer.ladder)
        return ladder.tone_for(steps, days)
    if not asked.fits(days):
        state = "overdue" if days > 0 else "not due yet" if days else "due today"
        fitting = ", ".join(Tone.fitting(days))
        raise ToneDoesNotFit(f"the tone {asked} does not fit: the invoice is {state}; choose {fitting}")
    return asked


def next_sequence(session: Session, *, invoice_id: int) -> int:
    """Return the sequence that one further reminder by hand would have."""
    statement = select(Message.message_id).where(Message.invoice_id == invoice_id, Message.by_hand.is_(True))
    return len(session.scalars(statement).all()) + 1
