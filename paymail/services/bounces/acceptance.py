"""What every report about a message proves: that a server had accepted it. And its entry in the history."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Message, MessageState
from paymail.services.core import history
from paymail.services.outbox import queue, recipients

_S = MessageState
_IN_DOUBT = (_S.HANDOVER, _S.UNKNOWN)
LOCKED = {"key_share": True}
"""FOR NO KEY UPDATE: rows that only refer to the message (other reports about it) do not conflict."""


def prove_accepted(session: Session, *, message: Message, by: str, now: datetime) -> bool:
    """Move a message in doubt to sent: only a server that accepted it can report about it.

    The caller holds the message's lock. False if there was no doubt.
    """
    if message.state not in _IN_DOUBT or not queue.move(
        session,
        message_id=message.message_id,
        under=message.fence,
        sources=_IN_DOUBT,
        target=_S.SENT,
        fence=message.fence + 1,
        reason=f"accepted, as shown by {by}",
        settled_at=now,
        lease_until=None,
    ):
        return False
    session.refresh(message)
    recipients.settle(session, message=message, refused={}, now=now)
    note(session, message, "email_sent", f"{message.kind}: accepted, as shown by {by}", "paymail", now)
    return True


def note(session: Session, message: Message, kind: str, detail: str, actor: str, now: datetime) -> None:
    """Write an entry about a message into the history of its invoice."""
    history.record(
        session,
        invoice_id=message.invoice_id,
        kind=kind,
        actor=actor,
        now=now,
        detail=detail,
        message_id=message.message_id,
    )
