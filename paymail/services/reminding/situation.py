"""From rows to what the plan is decided on: an invoice's policy and situation."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, InvoiceStatus, Message, MessageState, PaymentStatus
from paymail.services import dedupe, suppressions
from paymail.services.calendar import calendar_of
from paymail.services.composing import local_date
from paymail.services.reminding import holding, ladder
from paymail.services.reminding.plan import Hold, Policy, Situation

RECHECK = timedelta(hours=1)
HANDED_OVER = (MessageState.HANDOVER, MessageState.SENT, MessageState.UNKNOWN, MessageState.BOUNCED)
_NOT_OUT_YET = (MessageState.SCHEDULED, MessageState.SENDING, MessageState.HANDOVER)


def policy_of(invoice: Invoice) -> Policy:
    """Return how reminders of this invoice work. Raises BadCalendar, BadTime, BadLadder."""
    issuer, customer = invoice.issuer, invoice.customer
    return Policy(
        calendar=calendar_of(issuer),
        ladder=ladder.effective(invoice.ladder, customer.ladder, issuer.ladder),
        minimum=issuer.reminder_minimum,
        cap=issuer.reminder_cap,
    )


def situation_of(session: Session, *, invoice: Invoice, steps: ladder.Ladder, now: datetime) -> Situation:
    """Return what the plan depends on now. `invoice` needs its issuer and customer loaded."""
    return Situation(
        due=invoice.due_date,
        balance=invoice.balance,
        not_owed=not_owed(invoice),
        reminders_from=invoice.reminders_from,
        switched_off=switched_off(invoice),
        holds=holds_of(session, invoice=invoice, now=now),
        done=_done(session, invoice, steps),
        sent=_sent(session, invoice),
        invoice_sent_on=_invoice_sent_on(session, invoice),
    )


def not_owed(invoice: Invoice) -> str:
    """Return why no money is asked for at all, or nothing."""
    if invoice.status is not InvoiceStatus.SENT:
        return f"the invoice is {'a draft' if invoice.status is InvoiceStatus.DRAFT else 'void'}"
    if invoice.balance == 0:
        return "the invoice is paid"
    if invoice.payment_status in (PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED):
        return "its payment was refunded"
    return ""


def switched_off(invoice: Invoice) -> str:
    """Return who has switched reminders off, or nothing."""
    for off, who in (
        (invoice.reminders_off, "this invoice"),
        (invoice.customer.reminders_off, "this customer"),
        (invoice.issuer.reminders_off, "this issuer"),
    ):
        if off:
            return f"reminders are off for {who}"
    return ""


def holds_of(session: Session, *, invoice: Invoice, now: datetime) -> tuple[Hold, ...]:
    """Return what makes reminders wait, the longest first."""
    found = []
    if invoice.payment_status is PaymentStatus.PROCESSING:
        found.append(Hold("a payment is clearing"))
    if suppressed := suppressions.active(session, address=invoice.customer.email):
        found.append(Hold(f"the customer's address is suppressed ({suppressed.reason})"))
    found += [
        Hold(hold.reason, hold.until)
        for hold in holding.in_force(session, invoice_id=invoice.invoice_id, now=now)
    ]
    if trouble := _invoice_email_trouble(session, invoice):
        found.append(Hold(trouble, now + RECHECK))
    return tuple(found)


def _invoice_email_trouble(session: Session, invoice: Invoice) -> str:
    latest = _latest_invoice_email(session, invoice)
    if latest is None:
        return ""  # the host sent it before paymail came
    if latest.state in _NOT_OUT_YET:
        return "the invoice email has not gone out yet"
    if latest.state is MessageState.FAILED:
        return "the invoice email failed"
    return ""


def _latest_invoice_email(session: Session, invoice: Invoice) -> Message | None:
    statement = select(Message).where(Message.invoice_id == invoice.invoice_id, Message.kind == "invoice")
    return session.scalars(statement.order_by(Message.message_id.desc()).limit(1)).first()


def _invoice_sent_on(session: Session, invoice: Invoice) -> date | None:
    latest = _latest_invoice_email(session, invoice)
    if latest is None or latest.state not in HANDED_OVER or latest.handed_over_at is None:
        return None
    return local_date(invoice.issuer, latest.handed_over_at)


def _done(session: Session, invoice: Invoice, steps: ladder.Ladder) -> frozenset[str]:
    keys = {
        dedupe.reminder(invoice_id=invoice.invoice_id, due=invoice.due_date, step=rung.key): rung.key
        for rung in steps
    }
    found = session.scalars(select(Message.dedupe_key).where(Message.dedupe_key.in_(list(keys))))
    return frozenset(keys[key] for key in found)


def _sent(session: Session, invoice: Invoice) -> int:
    count = select(func.count()).where(
        Message.invoice_id == invoice.invoice_id, Message.kind == "reminder", Message.state.in_(HANDED_OVER)
    )
    return session.scalar(count) or 0
