"""Whether a reminder by hand was asked for since a page was shown: then asking again is a double click."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from paymail.models import Message


def asked_since(session: Session, *, invoice_id: int, since: datetime) -> bool:
    """Whether staff asked for a reminder of the invoice at `since` (UTC) or later. Under its lock."""
    asked = exists().where(
        Message.invoice_id == invoice_id, Message.by_hand.is_(True), Message.created_at >= since
    )
    return bool(session.scalar(select(asked)))
