"""May this email go out now? Asked before it is written, and again in the transaction of the hand-over."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from paymail.models import Invoice, InvoiceStatus, Message
from paymail.services.outbox import dedupe_keys, suppressions
from paymail.services.outbox.wake import HELD
from paymail.services.plans.coverage import dues
from paymail.services.reminders import situation
from paymail.services.reminders.decision import HELD_RECHECK, schedule
from paymail.services.reminders.planner import BY_HAND


class Way(StrEnum):
    """What to do with a message that is about to go out."""

    GO = "go"
    WAIT = "wait"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer, with its reason; `until` is when to ask again."""

    way: Way
    reason: str = ""
    until: datetime | None = None


_GO = Standing(Way.GO)


def standing(session: Session, *, message: Message, invoice: Invoice, now: datetime) -> Standing:
    """Return whether a message may be handed over now. `invoice` needs its issuer and customer loaded."""
    if message.kind == "notice":
        return _GO
    if suppressed := suppressions.active(session, address=message.recipient.partition("\n")[0]):
        return Standing(Way.DROP, f"the address is suppressed: {suppressed.detail or suppressed.reason}")
    match message.kind:
        case "invoice" | "link" if invoice.status is InvoiceStatus.VOID:
            return Standing(Way.DROP, "the invoice is void")
        case "invoice" | "link" if invoice.balance == 0:
            return Standing(Way.DROP, "already paid")
        case "link" if invoice.payment_token is None:
            return Standing(Way.DROP, "the link was revoked")
        case "payment_failed" if not invoice.can_pay:
            return Standing(
                Way.DROP, "already paid" if invoice.balance == 0 else "the invoice can no longer be paid"
            )
        case "reminder":
            return _reminder(session, message, invoice, now)
    return _GO


def _reminder(session: Session, message: Message, invoice: Invoice, now: datetime) -> Standing:
    if reason := situation.not_owed(invoice):
        return Standing(Way.DROP, "already paid" if invoice.balance == 0 else reason)
    by_hand = message.step == BY_HAND
    if not by_hand and (reason := situation.switched_off(invoice) or _overtaken(message, invoice, now)):
        return Standing(Way.DROP, reason)
    holds = situation.holds_of(session, invoice=invoice, now=now)
    if by_hand:
        # Staff asked for it knowing of promises and disputes; a payment that is clearing still stops it.
        holds = () if invoice.can_pay else holds
    if holds:
        return Standing(Way.WAIT, f"{HELD}{holds[0].reason}", holds[0].until or now + HELD_RECHECK)
    calendar = situation.policy_of(invoice).calendar
    if not by_hand and not calendar.is_open(now):
        return Standing(Way.WAIT, "outside business hours", calendar.next_opening(now))
    return _GO


def _overtaken(message: Message, invoice: Invoice, now: datetime) -> str:
    """Return why a queued step is not the one to send any more: after an outage the newest one is."""
    due = dedupe_keys.due_of(message.dedupe_key)
    counted = dues(invoice)
    if due not in counted:
        return "the due date has changed, or its instalment is paid" if message.step else ""
    passed = [step for step in schedule(situation.policy_of(invoice), *counted) if step.at <= now]
    known = any((step.due, step.rung.key) == (due, message.step) for step in passed)
    newest = known and (passed[-1].due, passed[-1].rung.key) == (due, message.step)
    return "replaced by a later step" if known and not newest else ""
