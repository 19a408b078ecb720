"""Which versions of an invoice's PDF were issued, and which went out when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Blob, IssuedDocument, Message


@dataclass(frozen=True, slots=True)
class IssuedVersion:
    """One version; `number` counts them from 1, `size` is in bytes."""

    number: int
    issued_at: datetime
    sha256: str
    size: int
    erased: bool
    emails: tuple[Message, ...]
    """What it was attached to, oldest first."""


def versions_of(session: Session, *, invoice_id: int) -> list[IssuedVersion]:
    """Return the versions of an invoice's PDF, oldest first."""
    drawn = (
        select(IssuedDocument, Blob.size, Blob.erased_at)
        .join(Blob, Blob.sha256 == IssuedDocument.pdf_sha256)
        .where(IssuedDocument.invoice_id == invoice_id, IssuedDocument.kind == "invoice")
        .order_by(IssuedDocument.issued_id)
    )
    rows = session.execute(drawn).all()
    if not rows:
        return []
    sent: dict[str | None, list[Message]] = {}
    attached = select(Message).where(Message.invoice_id == invoice_id, Message.pdf_sha256.is_not(None))
    for message in session.scalars(attached.order_by(Message.message_id)):
        for digest in (message.pdf_sha256, message.enclosed_sha256):
            sent.setdefault(digest, []).append(message)
    return [
        IssuedVersion(
            number,
            one.issued_at,
            one.pdf_sha256,
            size,
            erased_at is not None,
            tuple(sent.get(one.pdf_sha256, ())),
        )
        for number, (one, size, erased_at) in enumerate(rows, start=1)
    ]
