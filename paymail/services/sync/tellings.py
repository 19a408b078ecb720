"""Telling the host where the money of its invoices stands: at least once, under an id that drops repeats.

What is to be told is stored before the host is asked and marked when it has answered. A crash in between
tells the same again; what changes meanwhile is told next.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.models import Invoice, InvoiceStatus, PaymentStatus, SyncedInvoice
from paymail.ports.host_database import HostUpdate
from paymail.services.sync import syncs
from paymail.services.sync.host_updates import arrived_here, update_of
from paymail.services.sync.outcome import Outcome
from paymail.services.sync.syncs import SyncContext

BATCH = 100
_Told = SyncedInvoice
_DIFFERS = or_(
    _Told.told_status != Invoice.status,
    _Told.told_money != Invoice.payment_status,
    _Told.told_paid != Invoice.amount_paid,
    _Told.told_refunded != Invoice.amount_refunded,
    _Told.told_charged_back != Invoice.amount_charged_back,
    _Told.told_credited != Invoice.amount_credited,
    _Told.told_written_off != Invoice.amount_written_off,
)
"""What came through paymail grows only with all that arrived."""

_REFUSED = _Told.failure != ""
"""The host has not taken it for certain, so that it may be told in other words, and later."""


def tell(context: SyncContext, outcome: Outcome, *, stopped: Callable[[], bool]) -> None:
    """Tell the host again what it may not have heard, then what is new. Raises HostUnavailable."""
    after = 0
    while not stopped() and (updates := _pending(context, after)):
        after = max(updates)
        _send(context, list(updates.values()), outcome)
    after = 0
    while not stopped() and (looked := _store_news(context, after)):
        after, ids = looked
        if updates := _pending(context, min(ids, default=0) - 1, only=ids):
            _send(context, list(updates.values()), outcome)


def _pending(context: SyncContext, after: int, *, only: Sequence[int] | None = None) -> dict[int, HostUpdate]:
    """Return by invoice what is stored and the host may not know of yet."""
    with context.reading() as session:
        sync = syncs.load(session, context)
        statement = (
            select(_Told, Invoice)
            .join(Invoice, Invoice.invoice_id == _Told.invoice_id)
            .where(_Told.sync_id == sync.sync_id, _Told.event_id != "", _Told.told_at.is_(None))
            .where(_Told.failure == "", _Told.invoice_id > after)
        )
        if only is not None:
            statement = statement.where(_Told.invoice_id.in_(only))
        rows = session.execute(statement.order_by(_Told.invoice_id).limit(BATCH)).all()
        return {row.invoice_id: update_of(session, row, invoice) for row, invoice in rows}


def _store_news(context: SyncContext, after: int) -> tuple[int, list[int]] | None:
    """Store what is to be told of some invoices; return the last one looked at, and those to tell of."""
    with context.transaction() as session:
        sync = syncs.load(session, context)
        statement = (
            select(_Told, Invoice)
            .join(Invoice, Invoice.invoice_id == _Told.invoice_id)
            .where(_Told.sync_id == sync.sync_id, _Told.invoice_id > after)
            .where(or_(_REFUSED, and_(_DIFFERS, or_(_Told.event_id == "", _Told.told_at.is_not(None)))))
        )
        rows = session.execute(statement.order_by(_Told.invoice_id).limit(BATCH)).all()
        if not rows:
            return None
        here = arrived_here(session, [invoice.invoice_id for _row, invoice in rows])
        news = []
        for row, invoice in rows:
            if _store(row, invoice, here.get(invoice.invoice_id, 0)):
                row.event_id, row.as_of, row.told_at, row.failure = new_id(), context.now(), None, ""
                news.append(invoice.invoice_id)
        return rows[-1][1].invoice_id, news


def _store(row: SyncedInvoice, invoice: Invoice, here: int) -> bool:
    """Store where an invoice stands; say whether that is news for the host."""
    news = bool(row.event_id) or _happened_here(row, invoice, here)
    row.told_status, row.told_money = invoice.status.value, invoice.payment_status.value
    row.told_paid, row.told_paid_here = invoice.amount_paid, here
    row.told_refunded, row.told_charged_back = invoice.amount_refunded, invoice.amount_charged_back
    row.told_credited, row.told_written_off = invoice.amount_credited, invoice.amount_written_off
    return news


def _happened_here(row: SyncedInvoice, invoice: Invoice, here: int) -> bool:
    """Whether anything is otherwise than the host itself has said of an invoice that it was never told of."""
    void = invoice.status is InvoiceStatus.VOID and row.told_status != InvoiceStatus.VOID
    amounts = here, invoice.amount_refunded, invoice.amount_charged_back
    given_up = invoice.amount_credited, invoice.amount_written_off
    return void or any(amounts) or any(given_up) or invoice.payment_status is PaymentStatus.PROCESSING


def _send(context: SyncContext, updates: Sequence[HostUpdate], outcome: Outcome) -> None:
    """Tell the host, with no transaction open here; then mark what it took."""
    refused = context.host.tell(updates)
    with context.transaction() as session:
        _mark(session, context, updates, refused)
    outcome.told += len(updates) - len(refused)
    outcome.untold |= {one.number: refused[one.event_id] for one in updates if one.event_id in refused}


def _mark(
    session: Session, context: SyncContext, updates: Sequence[HostUpdate], refused: dict[str, str]
) -> None:
    ids = [one.event_id for one in updates]
    for row in session.scalars(select(_Told).where(_Told.event_id.in_(ids))):
        row.failure = refused.get(row.event_id, "")
        if not row.failure:
            row.told_at = context.now()
