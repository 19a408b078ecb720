"""The emails of an invoice as its page lists them, each with one badge of the same words as everywhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Message, MessageState
from paymail.services.lists import delivery_record
from paymail.services.lists.delivery_state import RECEIPT
from paymail.web.staff.message_words import badge_of, kind_word


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


def _row(message: Message, *, arrived: bool) -> MessageRow:
    name = kind_word(message.kind)
    return MessageRow(
        message=message,
        name=f"{name}, {message.tone}" if message.tone else name,
        to=message.recipient.replace("\n", ", "),
        at=message.settled_at or message.next_at,
        badge=("good", "Delivered") if arrived and message.state is MessageState.SENT else badge_of(message),
    )
