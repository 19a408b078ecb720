"""Taking an import back: all that it made and changed, or nothing of it.

Everything is locked first, in the order of locks, then looked at, then undone, in one transaction. Imports
wait meanwhile; one that is running stops at its next chunk.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, select, union, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from paymail import observability
from paymail.db import after_commit, take_time, take_turns
from paymail.db.lock_waits import is_lock_wait
from paymail.errors import Conflict
from paymail.models import HostSync, Import, ImportChange, Invoice, Message
from paymail.services.core import restores
from paymail.services.core.contexts import Context
from paymail.services.core.customers import TURN
from paymail.services.imports import filed_statements, obstacles, put_back, removal
from paymail.services.lists import imports

log = observability.logger(__name__)
TRIES = 3
"""Somebody may write what refers to an invoice between the look at it and its removal."""


class NotTakenBack(Conflict):
    """Something of the import was mailed, paid or changed since; the text names the first of them."""

    code = "import_in_use"


def take_back(context: Context, *, import_id: int, actor: str, tries: int = TRIES) -> Import:
    """Undo an import and return it; one that was taken back already stays as it is.

    Raises NoSuchImport; NotTakenBack, with up to ten invoices and why, and then nothing is changed.
    """
    try:
        with context.transaction() as session:
            return _take_back(session, import_id, actor, context.now())
    except DBAPIError as error:
        if tries == 1 or not (isinstance(error, IntegrityError) or is_lock_wait(error)):
            raise
        return take_back(context, import_id=import_id, actor=actor, tries=tries - 1)


def _take_back(session: Session, import_id: int, actor: str, now: datetime) -> Import:
    take_turns(session, TURN)
    taken = imports.get(session, import_id=import_id, lock=True)
    if taken.taken_back_at is not None:
        return taken
    if held := restores.on_hold(session):
        what = " and ".join(held)
        raise NotTakenBack(f"import {import_id} cannot be taken back while {what} is on hold after a restore")
    take_time(session)  # all of a large import is removed by few statements
    _lock(session, import_id)
    changes = put_back.changes_of(session, import_id)
    _refuse(session, taken, changes)
    put_back.put_back(session, changes, actor=actor, now=now)
    filed_statements.refile(session, import_id=import_id)
    removal.remove(session, import_id=import_id, now=now)
    # What the host's database goes on offering is read again, from its beginning.
    session.execute(update(HostSync).where(HostSync.issuer_id == taken.issuer_id).values(cursor=None))
    taken.taken_back_at, taken.taken_back_by = now, actor
    after_commit(session, lambda: log.info("import taken back", import_id=import_id, actor=actor))
    return taken


def _refuse(session: Session, taken: Import, changes: list[ImportChange]) -> None:
    found = obstacles.found(session, taken.import_id) or obstacles.first(put_back.obstacles(session, changes))
    if found:
        raise NotTakenBack(f"import {taken.import_id} cannot be taken back: {obstacles.told(found)}")


def _lock(session: Session, import_id: int) -> None:
    """Lock invoices, then messages; then keep everybody from referring to what is removed.

    In this order: a worker that holds a message may still have to refer to its invoice.
    """
    changes = select(ImportChange.invoice_id).where(ImportChange.import_id == import_id)
    customers = select(ImportChange.customer_id).where(ImportChange.import_id == import_id)
    made = removal.made_by(import_id)
    of_customers = select(Invoice.invoice_id).where(Invoice.customer_id.in_(customers))
    concerned: CompoundSelect[Any] = union(
        made, changes.where(ImportChange.invoice_id.is_not(None)), of_customers
    )
    invoices = select(Invoice.invoice_id).order_by(Invoice.invoice_id)
    some = invoices.where(Invoice.invoice_id.in_(concerned))
    session.execute(some.with_for_update(key_share=True)).all()
    messages = select(Message.message_id).where(Message.invoice_id.in_(made))
    session.execute(messages.order_by(Message.message_id).with_for_update()).all()
    session.execute(invoices.where(Invoice.import_id == import_id).with_for_update()).all()
