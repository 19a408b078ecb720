"""May this email go out now? Asked before it is written, and again in the transaction of the hand-over."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import TO_NAMED, ContactRole, Invoice, Message, MessageKind, PaymentStatus
from paymail.services.delivery import missing_abn
from paymail.services.letters.addressees import addressees
from paymail.services.letters.kinds import KINDS
from paymail.services.outbox import suppressions
from paymail.services.reminders import situation
from paymail.services.reminders.permission import (
    CLEARING,
    GO,
    Answer,
    Permission,
    Reminder,
    Situation,
    may_go,
    wait_for,
)

UNKNOWN_KIND_RECHECK = timedelta(hours=1)


def permission_of(
    session: Session,
    *,
    message: Message,
    invoice: Invoice,
    now: datetime,
    facts: Situation | None = None,
    suppressed: Mapping[str, str] | None = None,
) -> Permission:
    """Return whether a message may be handed over now. `invoice` needs its issuer and customer loaded.

    `facts` are a reminder's, if they are known already: those without the message itself. So is `suppressed`,
    which addresses are.
    Raises BadCalendar, BadTime, BadLadder.
    """
    if message.kind not in TO_STAFF and (reason := _unreachable(session, message, invoice, suppressed)):
        return Permission(Answer.DROP, reason)
    if message.kind not in KINDS:
        # Written by a newer version; its own workers send it.
        return Permission(
            Answer.WAIT, "this version does not know this kind of email", ask_at=now + UNKNOWN_KIND_RECHECK
        )
    rule = KINDS[message.kind].send_rule
    if rule is None:
        found = _reminder(session, message, invoice, now, facts)
    else:
        found = (
            Permission(Answer.DROP, reason) if (reason := rule(invoice)) else _after(message, invoice, now)
        )
    if found.answer is not Answer.GO or not missing_abn.carries_invoice(message):
        return found
    return missing_abn.permission(invoice, now) or GO


def _after(message: Message, invoice: Invoice, now: datetime) -> Permission:
    """Return whether a message that is not dropped waits: what a plan asks for is what is being paid."""
    if message.kind is MessageKind.PLAN and invoice.payment_status is PaymentStatus.PROCESSING:
        return wait_for(CLEARING, now)
    return GO


def _unreachable(
    session: Session, message: Message, invoice: Invoice, suppressed: Mapping[str, str] | None
) -> str:
    """Return why nobody can be written to; empty if somebody can. A copy alone is no email to a customer."""
    reached = addressees(session, message=message, invoice=invoice, suppressed=suppressed)
    if reached.named(ContactRole.TO):
        return ""
    copied = message.kind in TO_NAMED
    found = suppressions.active(session, address=message.recipient if copied else invoice.customer.email)
    return f"the address is suppressed: {(found.detail or found.reason) if found else ''}"


def _reminder(
    session: Session, message: Message, invoice: Invoice, now: datetime, facts: Situation | None
) -> Permission:
    if reason := situation.not_owed(invoice):
        # Before any setting is read: with a broken one, a paid invoice's reminder ends all the same.
        return Permission(Answer.DROP, reason)
    policy = situation.policy_of(invoice)
    if facts is None:
        facts = situation.situation_of(
            session, invoice=invoice, steps=policy.ladder, now=now, without=message.dedupe_key
        )
    return may_go(policy, facts, reminder_of(message), now)


def reminder_of(message: Message) -> Reminder:
    """Return which reminder a message is."""
    return Reminder(due=message.due_on, rung=message.step, by_hand=message.by_hand)
