"""What is known when a fault run is over: the driver's books, the sink's books, the database, the witness."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Message, MessageState, Payment
from tests.faults import audit, journal
from tests.faults.audit import Change


@dataclass(frozen=True, slots=True)
class Row:
    """One message as the database has it in the end."""

    message_id: int
    header_id: str
    kind: str
    state: MessageState
    reason: str
    payment_id: int | None
    mime_sha256: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """`promised`: a line per acknowledgement. `handed`: a line per event at the sink, in its order."""

    promised: Sequence[dict[str, Any]]
    handed: Sequence[dict[str, Any]]
    messages: Sequence[Row]
    payments: Sequence[tuple[int, str]]
    """Id and intent of each recorded payment."""
    changes: Sequence[Change]


def gather(engine: Engine, *, promised: Path, handed: Path) -> Evidence:
    """Read all of it. The database must have `audit.install`ed triggers."""
    with db.reading(engine) as session:
        columns = (
            Message.message_id,
            Message.header_id,
            Message.kind,
            Message.state,
            Message.reason,
            Message.payment_id,
            Message.mime_sha256,
        )
        messages = [Row(*row) for row in session.execute(select(*columns))]
        payments = [
            (id_, intent or "")
            for id_, intent in session.execute(select(Payment.payment_id, Payment.intent_id))
        ]
    return Evidence(journal.read(promised), journal.read(handed), messages, payments, audit.changes(engine))
