"""Bulk sends: invoice emails for a filter, at a rate, with pause, resume, cancel and "only the failed".

The row with the filter is the acknowledgement. The sweep writes the messages in batches after it, each
batch with the cursor in one transaction, so a crash neither loses nor repeats any.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.db import insert_once
from paymail.errors import InvalidInput, NotFound, PaymailError
from paymail.models import (
    BULK_MOVES,
    OPEN_STATES,
    BulkSend,
    BulkState,
    Customer,
    Invoice,
    InvoiceStatus,
    Issuer,
    Message,
    MessageState,
    PaymentStatus,
    check_move,
)
from paymail.services import gates
from paymail.services.sending import send_invoice

BATCH = 100
_FAILED = (MessageState.FAILED, MessageState.BOUNCED, MessageState.CANCELLED)


class NoSuchBulk(NotFound):
    """No bulk send has this id."""

    code = "no_such_bulk"


class EmptySelection(InvalidInput):
    """The filter matches no invoice that can be sent."""

    code = "empty_selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter over issued, owed invoices; empty fields do not filter. `due_before` is exclusive."""

    payment_status: PaymentStatus | None = None
    currency: str = ""
    customer: str = ""
    due_before: date | None = None
    failed_of: int | None = None
    """Only invoices whose email in this bulk send failed, bounced or was cancelled."""

    def to_json(self) -> str:
        """Return the filter as it is stored."""
        given = {
            "payment_status": self.payment_status,
            "currency": self.currency,
            "customer": self.customer,
            "due_before": self.due_before.isoformat() if self.due_before else None,
            "failed_of": self.failed_of,
        }
        return json.dumps({name: value for name, value in given.items() if value})

    @classmethod
    def from_json(cls, text: str) -> "Selection":
        """Read a stored filter."""
        stored: dict[str, Any] = json.loads(text)
        if "due_before" in stored:
            stored["due_before"] = date.fromisoformat(stored["due_before"])
        if "payment_status" in stored:
            stored["payment_status"] = PaymentStatus(stored["payment_status"])
        return cls(**stored)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a bulk send stands. `finishes_at` is an estimate by the rates; None: unknown."""

    bulk: BulkSend
    name: str
    """running, paused, cancelled or finished."""
    counts: dict[str, int]
    """Messages by state."""
    waiting: int
    """Messages still open, and invoices still without one."""
    rate: int
    """Emails a minute that it may reach; 0 is no limit."""
    finishes_at: datetime | None


def matching(selection: Selection, columns: Any = Invoice.invoice_id) -> Select[Any]:
    """Return the query for what a filter matches. Drafts are only sent one by one."""
    statement = select(columns).where(
        Invoice.status == InvoiceStatus.SENT, Invoice.amount_paid < Invoice.total
    )
    if selection.payment_status is not None:
        statement = statement.where(Invoice.payment_status == selection.payment_status)
    if selection.currency:
        statement = statement.where(Invoice.currency == selection.currency)
    if selection.customer:
        statement = statement.where(Invoice.customer.has(Customer.name == selection.customer))
    if selection.due_before is not None:
        statement = statement.where(Invoice.due_date < selection.due_before)
    if selection.failed_of is not None:
        failed = select(Message.invoice_id).where(
            Message.bulk_id == selection.failed_of, Message.state.in_(_FAILED)
        )
        statement = statement.where(Invoice.invoice_id.in_(failed))
    return statement


def start(
    session: Session,
    *,
    selection: Selection,
    actor: str,
    now: datetime,
    at: datetime | None = None,
    rate: int = 0,
    again: bool = False,
    request_key: str | None = None,
) -> BulkSend:
    """Begin a bulk send at `at` (UTC, default now), at most `rate` emails a minute (0: the sender's own).

    An invoice whose email is queued or was sent already is left out, unless `again`. The same
    `request_key` (80 characters at most) begins one only and returns it again.
    Raises EmptySelection, NoSuchBulk (of `failed_of`).
    """
    if selection.failed_of is not None:
        _bulk(session, selection.failed_of)
    if session.scalar(matching(selection).limit(1)) is None:
        raise EmptySelection("no invoice that can be sent matches")
    values = {
        "state": BulkState.RUNNING,
        "request_key": request_key or new_id(),
        "selection": selection.to_json(),
        "again": again,
        "starts_at": at or now,
        "rate": rate,
        "actor": actor,
        "created_at": now,
        **dict.fromkeys(("cursor", "queued", "skipped"), 0),
        "expanded": False,
    }
    insert_once(session, BulkSend, values)
    statement = select(BulkSend).where(BulkSend.request_key == values["request_key"])
    return session.scalars(statement).one()


def expand_all(
    transaction: Callable[[], AbstractContextManager[Session]], now: Callable[[], datetime]
) -> None:
    """Write the messages of every running bulk send, a batch a transaction."""
    with transaction() as session:
        statement = select(BulkSend.bulk_id).where(
            BulkSend.state == BulkState.RUNNING, BulkSend.expanded.is_(False)
        )
        found = list(session.scalars(statement.order_by(BulkSend.bulk_id)))
    for bulk_id in found:
        more = True
        while more:
            with transaction() as session:
                more = expand(session, bulk_id=bulk_id, now=now())


def expand(session: Session, *, bulk_id: int, now: datetime, batch: int = BATCH) -> bool:
    """Write the next batch of messages; False when there is nothing more to write."""
    bulk = _bulk(session, bulk_id, lock=True)
    if bulk.state is not BulkState.RUNNING or bulk.expanded:
        return False
    statement = matching(Selection.from_json(bulk.selection)).where(Invoice.invoice_id > bulk.cursor)
    ids = list(session.scalars(statement.order_by(Invoice.invoice_id).limit(batch)))
    for invoice_id in ids:
        _send(session, bulk, invoice_id, now)
    bulk.cursor = ids[-1] if ids else bulk.cursor
    bulk.expanded = len(ids) < batch
    return not bulk.expanded


def _send(session: Session, bulk: BulkSend, invoice_id: int, now: datetime) -> None:
    try:
        queued = send_invoice(
            session,
            invoice_id=invoice_id,
            actor=bulk.actor,
            now=now,
            at=max(bulk.starts_at, now),
            again=bulk.again,
            bulk_id=bulk.bulk_id,
        )
    except PaymailError:
        bulk.skipped += 1  # paid or void since it was chosen
        return
    if queued.created:
        bulk.queued += 1
    else:
        bulk.skipped += 1


def pause(session: Session, *, bulk_id: int, actor: str, now: datetime) -> None:
    """Let nothing more of it go out until it is resumed. Raises NoSuchBulk, IllegalMove."""
    _move(session, bulk_id, BulkState.PAUSED)
    gates.shut(session, key=gates.bulk(bulk_id), reason=f"paused by {actor}", now=now)


def resume(session: Session, *, bulk_id: int) -> None:
    """Go on at its rate. Raises NoSuchBulk, IllegalMove."""
    _move(session, bulk_id, BulkState.RUNNING)
    gates.open_(session, keys=[gates.bulk(bulk_id)])


def cancel(session: Session, *, bulk_id: int, actor: str, now: datetime) -> int:
    """Withdraw all of it that is not handed over; return how many. Raises NoSuchBulk, IllegalMove."""
    _move(session, bulk_id, BulkState.CANCELLED)
    gates.open_(session, keys=[gates.bulk(bulk_id)])
    withdrawn = (
        update(Message)
        .where(
            Message.bulk_id == bulk_id,
            Message.state.in_((MessageState.SCHEDULED, MessageState.SENDING)),
        )
        .values(
            state=MessageState.CANCELLED,
            fence=Message.fence + 1,
            reason=f"bulk send {bulk_id} cancelled by {actor}",
            settled_at=now,
            lease_until=None,
        )
        .returning(Message.message_id)
        .execution_options(synchronize_session=False)
    )
    return len(list(session.scalars(withdrawn)))


def _move(session: Session, bulk_id: int, target: BulkState) -> None:
    bulk = _bulk(session, bulk_id, lock=True)
    check_move(BULK_MOVES, bulk.state, target)
    bulk.state = target


def _bulk(session: Session, bulk_id: int, *, lock: bool = False) -> BulkSend:
    bulk = session.get(BulkSend, bulk_id, with_for_update=lock or None, populate_existing=lock)
    if bulk is None:
        raise NoSuchBulk(f"there is no bulk send {bulk_id}")
    return bulk


def progress(session: Session, *, bulk_id: int, now: datetime, default_rate: int = 0) -> Progress:
    """Return where a bulk send stands. Raises NoSuchBulk."""
    bulk = _bulk(session, bulk_id)
    by_state = select(Message.state, func.count()).where(Message.bulk_id == bulk_id).group_by(Message.state)
    counts = {state.value: number for state, number in session.execute(by_state)}
    still_open = sum(counts.get(state.value, 0) for state in OPEN_STATES)
    unwritten = 0
    if not bulk.expanded and bulk.state is not BulkState.CANCELLED:
        rest = matching(Selection.from_json(bulk.selection), func.count())
        unwritten = session.scalar(rest.where(Invoice.invoice_id > bulk.cursor)) or 0
    waiting = still_open + unwritten
    rate = _rate(session, bulk, default_rate)
    finished = bulk.state is BulkState.RUNNING and not waiting
    running = bulk.state is BulkState.RUNNING and waiting
    finishes_at = max(bulk.starts_at, now) + timedelta(minutes=waiting / rate) if running and rate else None
    return Progress(bulk, "finished" if finished else bulk.state.value, counts, waiting, rate, finishes_at)


def _rate(session: Session, bulk: BulkSend, default_rate: int) -> int:
    """Return the tighter of the bulk send's rate and its sender's; several senders are not added up."""
    text = session.scalars(
        select(Issuer.sender_rate)
        .join(Invoice, Invoice.issuer_id == Issuer.issuer_id)
        .join(Message, Message.invoice_id == Invoice.invoice_id)
        .where(Message.bulk_id == bulk.bulk_id)
        .limit(1)
    ).first()
    rates = [rate for rate in (bulk.rate, gates.rate_of(text or "") or default_rate) if rate]
    return min(rates, default=0)


def listed(session: Session, *, now: datetime, default_rate: int = 0, limit: int = 50) -> list[Progress]:
    """Return bulk sends, newest first."""
    ids = session.scalars(select(BulkSend.bulk_id).order_by(BulkSend.bulk_id.desc()).limit(limit))
    return [progress(session, bulk_id=i, now=now, default_rate=default_rate) for i in ids]
