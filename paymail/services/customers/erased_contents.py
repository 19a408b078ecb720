"""The bytes of an erased customer's emails and documents."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from paymail.models import DIGESTS, IssuedDocument, Message
from paymail.services.access.visible import among_all_issuers
from paymail.services.outbox import blobs


def erase(session: Session, mine: Select[Any], now: datetime) -> None:
    """Erase the bytes of the customer's emails and issued documents, but for what another customer's email
    has too."""
    pairs = select(*DIGESTS)
    theirs = {d for row in session.execute(pairs.where(Message.invoice_id.in_(mine))) for d in row if d}
    issued = select(IssuedDocument.pdf_sha256).where(IssuedDocument.invoice_id.in_(mine))
    theirs.update(session.scalars(issued))
    shared = pairs.where(
        Message.invoice_id.not_in(mine),
        or_(*(column.in_(theirs) for column in DIGESTS)),
    )
    kept = {digest for row in session.execute(among_all_issuers(shared)) for digest in row}
    blobs.erase(session, digests=sorted(theirs - kept), now=now)
