"""A request to send that may arrive twice: its key and what it asked for are kept in the invoice's history.

The invoice's lock is taken before the history is read, so of two requests with one key, however
concurrent, the second finds what the first did. Source: IETF draft "The Idempotency-Key HTTP Header Field".
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import TimelineEvent
from paymail.services.core import history
from paymail.services.core.calendar import when
from paymail.services.core.idempotency import KeyReused, digest
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox.queue import Queued
from paymail.services.sending.invoice_emails import send_invoice

KIND = "send_requested"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: when (as `calendar.when` reads it), a further copy or not, and under which key.

    `key` is empty when the caller gave none; keys of different callers do not meet.
    """

    at: str = ""
    again: bool = False
    key: str = ""
    caller: str = ""


def send_requested(
    session: Session, *, invoice_id: int, request: Request, actor: str, now: datetime
) -> Queued:
    """Queue the invoice email as asked; the same key gives the same message and sends nothing more.

    Raises NoSuchInvoice, NotSendable, BadTime, KeyReused.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if request.key and (earlier := _earlier(session, invoice_id, request)):
        return earlier
    queued = send_invoice(
        session,
        invoice_id=invoice_id,
        actor=actor,
        now=now,
        at=when(request.at, invoice.issuer, now),
        again=request.again,
    )
    if request.key:
        history.record(
            session,
            invoice_id=invoice_id,
            kind=KIND,
            actor=actor,
            now=now,
            detail=f"{_key(request)} {_content(request)}",
            message_id=queued.message_id,
        )
    return queued


def _earlier(session: Session, invoice_id: int, request: Request) -> Queued | None:
    found = session.scalars(
        select(TimelineEvent).where(
            TimelineEvent.invoice_id == invoice_id,
            TimelineEvent.kind == KIND,
            TimelineEvent.detail.startswith(_key(request)),
        )
    ).first()
    if found is None or found.message_id is None:
        return None
    if not found.detail.endswith(_content(request)):
        raise KeyReused("this Idempotency-Key was already used for a different request")
    return Queued(found.message_id, created=False)


def _key(request: Request) -> str:
    # A digest: what a caller chooses as a key is not for the eyes of those who read the history.
    return digest(f"{request.caller}\n{request.key}")


def _content(request: Request) -> str:
    return digest(f"{request.at}\n{request.again}")
