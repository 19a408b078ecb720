"""Writing messages, one or many at once: what a row of the outbox says, and whom to tell of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.db import after_commit, insert_all_once
from paymail.models import Invoice, Message, MessageKind, MessageState
from paymail.services.outbox import gates
from paymail.services.outbox.header_ids import new_header_id
from paymail.services.outbox.suppressions import domain_of

log = observability.logger(__name__)

RINGS = "paymail_rings"
"""Key of `session.info`: ids of messages to ring for, once the transaction is committed."""
Row = dict[str, Any]
"""The columns of a message that is to be written."""

_IN_LOG = ("kind", "invoice_id", "payment_id", "refund_id", "bulk_id")


@dataclass(frozen=True, slots=True)
class Queued:
    """The message of a dedupe key, and whether this call wrote it."""

    message_id: int
    created: bool


def row_of(
    *,
    dedupe_key: str,
    kind: MessageKind,
    invoice: Invoice,
    actor: str,
    now: datetime,
    at: datetime | None = None,
    recipient: str = "",
    urgent: bool = False,
    **more: Any,
) -> Row:
    """Return the row of a message that is due at `at` (UTC, default now).

    `invoice` needs its issuer and customer loaded; without `recipient` the customer is mailed. `more` are
    further columns (payment_id, bulk_id, refund_id, amount, step, due_on, tone, detail).
    """
    address = recipient or invoice.customer.email
    return {
        "dedupe_key": dedupe_key,
        "kind": kind,
        "invoice_id": invoice.invoice_id,
        "state": MessageState.SCHEDULED,
        "next_at": at or now,
        "actor": actor,
        "header_id": new_header_id(invoice.issuer.email),
        "recipient": address,
        "destination": domain_of(address),
        "sender_gate": gates.sender(invoice.issuer_id),
        "urgent": urgent,
        "by_hand": False,
        "held": False,
        "created_at": now,
        **dict.fromkeys(("attempts", "fence", "crashes"), 0),
        **dict.fromkeys(("reason", "subject", "sender", "step", "tone", "detail"), ""),
        **more,
    }


def add_all(session: Session, rows: Sequence[Row], *, now: datetime) -> list[Queued]:
    """Write messages in the caller's transaction; return that of each row's key, in the order of the rows.

    All rows have the same columns. The same key never makes a second row. One statement for a thousand of
    them, and one more where some were there already.
    """
    found = insert_all_once(session, Message, rows, key=Message.dedupe_key, returning=Message.message_id)
    there = {row["dedupe_key"] for row in rows} - found.keys()
    queued = {key: Queued(message_id, created=True) for key, message_id in found.items()}
    if there:
        known = select(Message.dedupe_key, Message.message_id).where(Message.dedupe_key.in_(there))
        queued |= {key: Queued(message_id, created=False) for key, message_id in session.execute(known)}
    answers = [queued[row["dedupe_key"]] for row in rows]
    for row, one in zip(rows, answers, strict=True):
        # Not a missed step of a ladder, which is written as it ended.
        if one.created and row["state"] is MessageState.SCHEDULED:
            _tell(session, row, one.message_id, now)
    return answers


def _tell(session: Session, row: Row, message_id: int, now: datetime) -> None:
    """Have it logged, and workers told if it is due, once the transaction is committed."""
    what = {name: row[name] for name in _IN_LOG if row.get(name) is not None}
    after_commit(session, lambda: log.info("email queued", message_id=message_id, **what))
    if row["next_at"] <= now:
        session.info.setdefault(RINGS, []).append(message_id)
