"""Telling the issuer's staff by email about something that needs a person."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import MessageKind
from paymail.services.core import history
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import dedupe_keys, queue
from paymail.services.outbox.suppressions import normalised


def tell_staff(
    session: Session,
    *,
    invoice_id: int,
    about: str,
    key: int | str,
    headline: str,
    detail: str,
    now: datetime,
    recipients: Sequence[str] = (),
) -> None:
    """Queue one email to the issuer's mailbox, or to each of `recipients`; the same `about` and `key` never
    makes a second one.

    `headline` and `detail` are plain text and hold no token.
    """
    invoice = load_invoice(session, invoice_id=invoice_id)
    own = invoice.issuer.reply_to or invoice.issuer.email
    first = None
    for address in recipients or (own,):
        of = f"{key}:{dedupe_keys.address(normalised(address))}" if recipients else key
        queued = queue.add(
            session,
            dedupe_key=dedupe_keys.notice(about=about, key=of),
            kind=MessageKind.NOTICE,
            invoice=invoice,
            actor=about,
            now=now,
            recipient=address,
            urgent=True,
            detail=f"{headline}\n{detail}",
        )
        first = first or queued
    if first is not None and first.created:
        history.record(
            session,
            invoice_id=invoice_id,
            kind="staff_told",
            actor=about,
            now=now,
            detail=headline,
            message_id=first.message_id,
        )
