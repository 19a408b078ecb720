"""May this email go out now? Asked before it is written, and again in the transaction of the hand-over."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import Invoice, Message
from paymail.services.letters.kinds import KINDS
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
    if message.kind not in TO_STAFF and (
        suppressed := suppressions.active(session, address=message.recipient.partition("\n")[0])
    ):
        return Permission(Answer.DROP, f"the address is suppressed: {suppressed.detail or suppressed.reason}")
    rule = KINDS[message.kind].send_rule
    if rule is None:
        return _reminder(session, message, invoice, now, facts)
    reason = rule(invoice)
    return Permission(Answer.DROP, reason) if reason else GO


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
