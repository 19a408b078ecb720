"""Emailing what an import made, as a bulk send."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import BulkSend, Issuer
from paymail.services.lists import imports
from paymail.services.sending import bulk
from paymail.services.sending.bulk import EmptySelection, Selection


class TakenBack(Conflict):
    """The import was taken back: there is nothing of it to send."""

    code = "import_taken_back"


def send(
    session: Session,
    *,
    import_id: int,
    actor: str,
    now: datetime,
    at: str = "",
    rate: int = 0,
    request_key: str | None = None,
) -> BulkSend:
    """Begin a bulk send of the invoices that an import made, that are owed, and that were not emailed yet.

    `at` is read as by `calendar.when` in the issuer's time zone; at most `rate` emails a minute (0: the
    sender's own). The same `request_key` begins one only. Raises NoSuchImport, TakenBack, BadTime, KeyReused;
    EmptySelection when nothing is left to send.
    """
    found = imports.get(session, import_id=import_id)
    if found.taken_back_at is not None:
        raise TakenBack(f"import {import_id} was taken back by {found.taken_back_by}")
    try:
        return bulk.start_requested(
            session,
            selection=Selection(import_id=import_id),
            actor=actor,
            now=now,
            at=at,
            issuer=session.get_one(Issuer, found.issuer_id),
            rate=rate,
            request_key=request_key,
        )
    except EmptySelection as error:
        raise EmptySelection(f"import {import_id} has no unpaid invoice left to email") from error
