"""Telling the issuer's staff by email about something that needs a person."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import MessageKind
from paymail.services.core import history
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import dedupe_keys, queue


def tell_staff(
    session: Session,
    *,
    invoice_id: int,
    about: str,
    key: int | str,
    headline: str,
    detail: str,
    now: datetime,
) -> None:
    """Queue one email to the issuer's mailbox; the same `about` and `key` never makes a second one.

    `headline` and `detail` are plain text and hold no token.
    """
    invoice = load_invoice(session, invoice_id=invoice_id)
    queued = queue.add(
        session,
        dedupe_key=dedupe_keys.notice(about=about, key=key),
        kind=MessageKind.NOTICE,
        invoice=invoice,
        actor=about,
        now=now,
        recipient=invoice.issuer.reply_to or invoice.issuer.email,
        urgent=True,
        detail=f"{headline}\n{detail}",
    )
    if queued.created:
        history.record(
            session,
            invoice_id=invoice_id,
            kind="staff_told",
            actor=about,
            now=now,
            detail=headline,
            message_id=queued.message_id,
        )
