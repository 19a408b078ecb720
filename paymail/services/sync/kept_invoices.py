"""What is kept of the invoices of a view: which of ours they are, and which were refused."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from paymail.models import HostRefusal, HostSync, InvoiceStatus, PaymentStatus, SyncedInvoice
from paymail.ports.host_database import ShownInvoice
from paymail.services.sync.our_invoices import our_ids
from paymail.services.sync.outcome import RefusedInvoice

MOST_RETRIED = 1000
"""Refused invoices that a run tries again; those that waited longest come first."""


def keep(
    session: Session,
    sync: HostSync,
    shown: Sequence[ShownInvoice],
    refused: Sequence[RefusedInvoice],
    now: datetime,
) -> None:
    """Note what became of some invoices that were just imported."""
    without = {one.number for one in refused}
    taken = [one for one in shown if one.number not in without]
    forget_refusals(session, sync, [one.number for one in taken])
    _keep_refusals(session, sync, refused, now)
    _link(session, sync, shown)


def forget_refusals(session: Session, sync: HostSync, numbers: Collection[str]) -> None:
    """Drop what was refused and has come in, or is not offered any more."""
    if numbers:
        mine = HostRefusal.sync_id == sync.sync_id, HostRefusal.number.in_(numbers)
        session.execute(delete(HostRefusal).where(*mine))


def to_retry(session: Session, sync: HostSync, *, before: datetime, size: int) -> list[str]:
    """Return numbers of refused invoices that were not tried since `before`."""
    statement = (
        select(HostRefusal.number)
        .where(HostRefusal.sync_id == sync.sync_id, HostRefusal.tried_at < before)
        .order_by(HostRefusal.tried_at, HostRefusal.refusal_id)
    )
    return list(session.scalars(statement.limit(size)))


def _keep_refusals(
    session: Session, sync: HostSync, refused: Iterable[RefusedInvoice], now: datetime
) -> None:
    faults = {one.number: "\n".join(one.faults) for one in refused}
    statement = select(HostRefusal).where(
        HostRefusal.sync_id == sync.sync_id, HostRefusal.number.in_(list(faults))
    )
    known = {row.number: row for row in session.scalars(statement)} if faults else {}
    for number, text in faults.items():
        if (row := known.get(number)) is not None:
            row.faults, row.tried_at = text, now
        else:
            made = HostRefusal(number=number, faults=text, refused_at=now, tried_at=now)
            made.sync_id = sync.sync_id
            session.add(made)


def _link(session: Session, sync: HostSync, shown: Sequence[ShownInvoice]) -> None:
    """Note which of ours they are; a refused one that is known is told of too."""
    ours = our_ids(session, sync.issuer_id, shown)
    statement = select(SyncedInvoice).where(SyncedInvoice.invoice_id.in_(ours.values()))
    known = {row.invoice_id: row for row in session.scalars(statement)} if ours else {}
    for one in shown:
        if (invoice_id := ours.get(one.number)) is None:
            continue
        row = known.get(invoice_id)
        if row is None:
            row = known[invoice_id] = _fresh(invoice_id)
            session.add(row)
        row.sync_id, row.number = sync.sync_id, one.number
        _note_status(row, (one.rows[0]["status"] or "").strip().casefold())


def _note_status(row: SyncedInvoice, word: str) -> None:
    """Note the host's own word, which it needs not be told; if it takes a void back, it is told ours."""
    if word == InvoiceStatus.VOID:
        row.told_status = InvoiceStatus.VOID.value
    elif not row.event_id and row.told_status == InvoiceStatus.VOID:
        # Once it was told, its view may go on showing its own word.
        row.told_status = InvoiceStatus.SENT.value


def _fresh(invoice_id: int) -> SyncedInvoice:
    """Return a row as if the host had been told that nothing has happened."""
    return SyncedInvoice(
        invoice_id=invoice_id,
        told_status=InvoiceStatus.SENT.value,
        told_money=PaymentStatus.UNPAID.value,
        told_paid=0,
        told_paid_here=0,
        told_refunded=0,
        told_charged_back=0,
        told_credited=0,
        told_written_off=0,
        event_id="",
        failure="",
    )
