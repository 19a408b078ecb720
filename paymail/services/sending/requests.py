"""A request to send that may arrive twice under one key; it is answered with what the first did."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.services.core import idempotency
from paymail.services.core.calendar import when
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox.queue import Queued
from paymail.services.sending.invoice_emails import send_invoice


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

    Raises NoSuchInvoice, NotSendable, NoValidAbn, BadTime, KeyReused.
    """
    load_invoice(session, invoice_id=invoice_id, lock=True)
    if not request.key:
        return _send(session, invoice_id, request, actor, now)
    found, first = idempotency.reserve(
        session,
        scope=idempotency.invoice_email(invoice_id),
        key=f"{request.caller}\n{request.key}",
        actor=actor,
        now=now,
    )
    content = idempotency.content_digest(request.at, request.again)
    if not first and found.message_id is not None:
        idempotency.check(found, content)
        return Queued(found.message_id, created=False)
    queued = _send(session, invoice_id, request, actor, now)
    found.content_digest, found.message_id = content, queued.message_id
    return queued


def _send(session: Session, invoice_id: int, request: Request, actor: str, now: datetime) -> Queued:
    invoice = load_invoice(session, invoice_id=invoice_id)
    at = when(request.at, invoice.issuer, now)
    return send_invoice(session, invoice_id=invoice_id, actor=actor, now=now, at=at, again=request.again)
