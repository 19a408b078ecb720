"""May this email go out now? Asked before it is written, and again in the transaction of the hand-over."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Invoice, InvoiceStatus, Message
from paymail.services.outbox import dedupe_keys, suppressions
from paymail.services.reminders import situation
from paymail.services.reminders.permission import (
    GO,
    Answer,
    Permission,
    Reminder,
    Situation,
    may_go,
)
from paymail.services.reminders.planner import BY_HAND


def permission_of(
    session: Session, *, message: Message, invoice: Invoice, now: datetime, facts: Situation | None = None
) -> Permission:
    """Return whether a message may be handed over now. `invoice` needs its issuer and customer loaded.

    `facts` are a reminder's, if they are known already: those without the message itself.
    Raises BadCalendar, BadTime, BadLadder.
    """
    if message.kind == "notice":
        return GO
    if suppressed := suppressions.active(session, address=message.recipient.partition("\n")[0]):
        return Permission(Answer.DROP, f"the address is suppressed: {suppressed.detail or suppressed.reason}")
    match message.kind:
        case "invoice" | "link" if invoice.status is InvoiceStatus.VOID:
            return Permission(Answer.DROP, "the invoice is void")
        case "invoice" | "link" if invoice.balance == 0:
            return Permission(Answer.DROP, "paid meanwhile")
        case "link" if invoice.payment_token is None:
            return Permission(Answer.DROP, "the link was revoked")
        case "payment_failed" if not invoice.can_pay:
            return Permission(
                Answer.DROP, "paid meanwhile" if invoice.balance == 0 else "not to be paid any more"
            )
        case "reminder":
            return _reminder(session, message, invoice, now, facts)
    return GO


def _reminder(
    session: Session, message: Message, invoice: Invoice, now: datetime, facts: Situation | None
) -> Permission:
    policy = situation.policy_of(invoice)
    if facts is None:
        facts = situation.situation_of(
            session, invoice=invoice, steps=policy.ladder, now=now, without=message.dedupe_key
        )
    return may_go(policy, facts, reminder_of(message), now)


def reminder_of(message: Message) -> Reminder:
    """Return which reminder a message is."""
    if message.step == BY_HAND:
        return Reminder(by_hand=True)
    return Reminder(due=dedupe_keys.due_of(message.dedupe_key), rung=message.step)
