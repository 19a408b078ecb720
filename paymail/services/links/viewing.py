"""Who has a pay link acts on it: the invoice is found and locked, and that a person has it is noted.

Only what a person does counts: a button that posts. Mail scanners open links, so that a GET proves nothing.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.services.core import history
from paymail.services.links.lookup import find_by_token
from paymail.services.lists.delivery_state import handed_over

VIEWED = "viewed"
"""Kind of the timeline entry."""


def act_by_token(session: Session, *, token: str, act: str, now: datetime) -> Invoice:
    """Return the invoice of a pay link, locked; the first `act` (in words for staff) after each invoice
    email is noted.

    Raises NoSuchLink, LinkReplaced, LinkExpired.
    """
    invoice = find_by_token(session, token=token, now=now, lock=True)
    if invoice.viewed_at is None or _emailed_since(session, invoice.invoice_id, invoice.viewed_at):
        invoice.viewed_at = now
        history.record(
            session,
            invoice_id=invoice.invoice_id,
            kind=VIEWED,
            actor=history.CUSTOMER,
            now=now,
            detail=act,
        )
    return invoice


def _emailed_since(session: Session, invoice_id: int, at: datetime) -> bool:
    handed = session.scalar(
        select(handed_over()).select_from(Invoice).where(Invoice.invoice_id == invoice_id)
    )
    return handed is not None and handed > at
