"""The emails of an invoice as its page lists them, each with one badge of the same words as everywhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Message, MessageKind, MessageState
from paymail.services.lists import delivery_record
from paymail.services.lists.delivery_state import RECEIPT

_S = MessageState
_BADGES: dict[MessageState, tuple[str, str]] = {
    _S.SCHEDULED: ("info", "Scheduled"),
    _S.SENDING: ("info", "Sending"),
    _S.HANDOVER: ("info", "Sending"),
    _S.SENT: ("good", "Sent"),
    _S.UNKNOWN: ("bad", "In doubt"),
    _S.FAILED: ("bad", "Failed"),
    _S.CANCELLED: ("still", "Cancelled"),
    _S.SUPPRESSED: ("still", "Not sent"),
    _S.BOUNCED: ("bad", "Bounced"),
}
_NAMES = {
    MessageKind.PAYMENT_FAILED: "Payment failed",
    MessageKind.NOTICE: "Notice to staff",
    MessageKind.LINK: "New pay link",
    MessageKind.PLAN: "Payment plan",
}


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One email: what it is, to whom, and where it stands."""

    message: Message
    name: str
    to: str
    at: datetime
    badge: tuple[str, str]


def message_rows(session: Session, messages: Iterable[Message]) -> list[MessageRow]:
    """Return the rows of some messages, in their order. One statement."""
    found = list(messages)
    reports = delivery_record.reports_on(session, message_ids=[one.message_id for one in found])
    arrived = {one.message_id for one in reports if one.kind == RECEIPT}
    return [_row(one, arrived=one.message_id in arrived) for one in found]


def badge_of(state: MessageState, *, arrived: bool = False) -> tuple[str, str]:
    """Return tone and word for an email's state."""
    return ("good", "Delivered") if arrived and state is _S.SENT else _BADGES[state]


def _row(message: Message, *, arrived: bool) -> MessageRow:
    kind = str(message.kind)
    name = _NAMES.get(message.kind) or kind.replace("_", " ").capitalize()
    return MessageRow(
        message=message,
        name=f"{name}, {message.tone}" if message.tone else name,
        to=message.recipient.replace("\n", ", "),
        at=message.settled_at or message.next_at,
        badge=badge_of(message.state, arrived=arrived),
    )
