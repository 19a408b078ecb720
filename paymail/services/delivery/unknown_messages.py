"""Messages whose hand-over is in doubt: staff say what became of them. Nothing resends one by itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import Message, MessageState, in_state
from paymail.services.core import history
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery.permission import permission_of
from paymail.services.outbox import blobs, queue, recipients
from paymail.services.outbox.reschedule import NoSuchMessage
from paymail.services.reminders.permission import Answer

_LOCKED = {"key_share": True}


class NotInDoubt(Conflict):
    """The message is not unknown, or not any more."""

    code = "not_in_doubt"


class NotResendable(Conflict):
    """The message may not go out as things stand now; the text says why."""

    code = "not_resendable"


def unknown(session: Session, *, limit: int = 500) -> list[Message]:
    """Return the messages in doubt, oldest first."""
    statement = select(Message).where(in_state(MessageState.UNKNOWN))
    return list(session.scalars(statement.order_by(Message.message_id).limit(limit)))


def mark_sent(session: Session, *, message_id: int, actor: str, now: datetime, why: str = "") -> None:
    """Record that the message was delivered. Raises NoSuchMessage, NotInDoubt."""
    reason = f"marked as sent by {actor}: {_said(why)}"
    _resolve(session, message_id, MessageState.SENT, actor, now, reason, settled_at=now)
    recipients.settle(session, message=session.get_one(Message, message_id), refused={}, now=now)


def mark_failed(session: Session, *, message_id: int, actor: str, now: datetime, why: str = "") -> None:
    """Record that the message was not delivered and will not be sent. Raises NoSuchMessage, NotInDoubt."""
    reason = f"marked as failed by {actor}: {_said(why)}"
    _resolve(session, message_id, MessageState.FAILED, actor, now, reason, settled_at=now)


def resend(session: Session, *, message_id: int, actor: str, now: datetime, why: str = "") -> None:
    """Queue the very same bytes again; the customer may get them twice, and somebody asked for that.

    If the customer's address or the pay link was changed since, it is written afresh.

    Raises NoSuchMessage, NotInDoubt, NotResendable (paid or void meanwhile, address suppressed) and
    `blobs.Erased`.
    """
    message = _locked(session, message_id)
    invoice = load_invoice(session, invoice_id=message.invoice_id)
    # What only has to wait may be queued: it is asked again, and waits by itself, before it is handed over.
    permission = permission_of(session, message=message, invoice=invoice, now=now)
    if permission.answer is Answer.DROP:
        raise NotResendable(f"message {message_id} can no longer be sent: {permission.reason}")
    if message.mime_sha256 is not None:
        # One that was only due when the database was restored was never written: it is written then.
        blobs.fetch(session, sha256=message.mime_sha256)
    _resolve(
        session,
        message_id,
        MessageState.SCHEDULED,
        actor,
        now,
        f"sent again by {actor}: {_said(why)}",
        next_at=now,
        settled_at=None,
        give_up_at=None,
        attempts=0,
        crashes=0,
        handed_over_at=message.handed_over_at or now,
    )
    session.info.setdefault(queue.RINGS, []).append(message_id)


def _said(why: str) -> str:
    return " ".join(why.split())[:500] or "no reason given"


def _locked(session: Session, message_id: int) -> Message:
    """Return the message under its invoice's lock, then its own. Raises NoSuchMessage, NotInDoubt."""
    message = session.get(Message, message_id)
    if message is None:
        raise NoSuchMessage(f"message {message_id} not found")
    load_invoice(session, invoice_id=message.invoice_id, lock=True)
    session.refresh(message, with_for_update=_LOCKED)
    if message.state is not MessageState.UNKNOWN:
        raise NotInDoubt(f"message {message_id} is {message.state}; only an unknown message can be resolved")
    return message


def _resolve(
    session: Session,
    message_id: int,
    target: MessageState,
    actor: str,
    now: datetime,
    reason: str,
    **values: Any,
) -> None:
    message = _locked(session, message_id)
    moved = queue.move(
        session,
        message_id=message_id,
        under=message.fence,
        sources=(MessageState.UNKNOWN,),
        target=target,
        fence=message.fence + 1,
        lease_until=None,
        reason=reason,
        **values,
    )
    if not moved:
        raise NotInDoubt(f"message {message_id} has just been resolved by someone else")
    session.refresh(message)
    kind = "email_resent" if target is MessageState.SCHEDULED else "email_resolved"
    history.record(
        session,
        invoice_id=message.invoice_id,
        kind=kind,
        actor=actor,
        now=now,
        detail=f"{message.kind}: {reason}",
        message_id=message_id,
    )
