"""Starting, writing, pausing and cancelling bulk sends.

The row with the filter is the acknowledgement. The sweep writes the messages in batches after it, each
batch with the cursor in one transaction, so a crash neither loses nor repeats any.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from paymail import observability, request_ids
from paymail.clock import new_id
from paymail.db import insert_once
from paymail.errors import InvalidInput, NotFound, PaymailError
from paymail.models import BULK_MOVES, BulkSend, BulkState, Invoice, Message, MessageState, check_move
from paymail.services.core import restores
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import PARTIES, load_invoices
from paymail.services.core.issuers import all_issuers
from paymail.services.core.tax_invoices import NoValidAbn, lacks_abn, mend
from paymail.services.outbox import gates
from paymail.services.sending.bulk.selection import Selection, matching, within
from paymail.services.sending.invoice_emails import Asked, check_sendable, queue_emails

log = observability.logger(__name__)

BATCH = 100
BATCHES_A_TURN = 10
"""So that what is due goes out between the batches of a large one."""


class NoSuchBulk(NotFound):
    """No bulk send has this id."""

    code = "no_such_bulk"


class EmptySelection(InvalidInput):
    """The filter matches no invoice that can be sent."""

    code = "empty_selection"


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
    Raises EmptySelection, NoValidAbn, NoSuchBulk (of `failed_of`).
    """
    if selection.failed_of is not None:
        get(session, selection.failed_of)
    selection = within(session, selection)
    if session.scalar(matching(session, selection).limit(1)) is None:
        raise EmptySelection("no matching invoice can be sent")
    _check_abns(session, selection)
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


def _check_abns(session: Session, selection: Selection) -> None:
    """Raise NoValidAbn if some of the invoices could not be sent for want of one: none is left out unsaid."""
    lacking = [issuer for issuer in all_issuers(session) if lacks_abn(issuer)]
    taxed = matching(session, selection, Invoice.issuer_id).where(
        Invoice.tax_amount != 0, Invoice.issuer_id.in_([issuer.issuer_id for issuer in lacking])
    )
    found = session.scalar(taxed.limit(1)) if lacking else None
    for issuer in lacking:
        if issuer.issuer_id == found:
            raise NoValidAbn(f"some of the invoices charge GST, and {mend(issuer)}")


def expand_all(context: Context) -> None:
    """Write messages of every running bulk send, a batch a transaction; the rest at the next turn.

    One that fails is tried again then, and stops no other.
    """
    with context.transaction() as session:
        statement = select(BulkSend.bulk_id, BulkSend.request_id).where(
            BulkSend.state == BulkState.RUNNING, BulkSend.expanded.is_(False), restores.mail_open()
        )
        found = list(session.execute(statement.order_by(BulkSend.bulk_id)))
    for bulk_id, request_id in found:
        with request_ids.bound(request_id):
            try:
                _expand_some(context, bulk_id)
            except Exception:
                # An invoice that this release cannot read, or a lock that was waited for too long.
                log.exception("a bulk send cannot be written", bulk_id=bulk_id)


def _expand_some(context: Context, bulk_id: int) -> None:
    for _ in range(BATCHES_A_TURN):
        with context.transaction() as session:
            more = expand(session, bulk_id=bulk_id, now=context.now())
        if not more:
            break


def expand(session: Session, *, bulk_id: int, now: datetime, batch: int = BATCH) -> bool:
    """Write the next batch of messages; False when there is nothing more to write."""
    bulk = get(session, bulk_id, lock=True)
    if bulk.state is not BulkState.RUNNING or bulk.expanded:
        return False
    statement = matching(session, Selection.from_json(bulk.selection)).where(Invoice.invoice_id > bulk.cursor)
    ids = list(session.scalars(statement.order_by(Invoice.invoice_id).limit(batch)))
    queued = _queue(session, bulk, ids, now) if ids else 0
    bulk.queued, bulk.skipped = bulk.queued + queued, bulk.skipped + len(ids) - queued
    bulk.cursor = ids[-1] if ids else bulk.cursor
    bulk.expanded = len(ids) < batch
    return not bulk.expanded


def _queue(session: Session, bulk: BulkSend, ids: Sequence[int], now: datetime) -> int:
    """Queue the emails of these invoices as they are now; return how many are new."""
    sendable = []
    for invoice in load_invoices(session, invoice_ids=ids, options=PARTIES, lock=True):
        try:
            check_sendable(invoice)
        except PaymailError:
            continue  # paid or void since it was chosen
        sendable.append(invoice)
    asked = Asked(bulk.actor, now, at=max(bulk.starts_at, now), again=bulk.again, bulk_id=bulk.bulk_id)
    return sum(one.created for one in queue_emails(session, invoices=sendable, asked=asked).values())


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
    count = len(list(session.scalars(withdrawn)))
    # Last: a worker locks the message first and then the gate.
    gates.open_(session, keys=[gates.bulk(bulk_id)])
    return count


def _move(session: Session, bulk_id: int, target: BulkState) -> None:
    bulk = get(session, bulk_id, lock=True)
    check_move(BULK_MOVES, bulk.state, target)
    bulk.state = target


def get(session: Session, bulk_id: int, *, lock: bool = False) -> BulkSend:
    """Return a bulk send, under its row lock if asked. Raises NoSuchBulk."""
    bulk = session.get(BulkSend, bulk_id, with_for_update=lock or None, populate_existing=lock)
    if bulk is None:
        raise NoSuchBulk(f"bulk send {bulk_id} not found")
    return bulk
