"""Pages of messages, each with the number of its invoice and the zone of its issuer."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Issuer, Message, MessageState, in_state
from paymail.services.outbox.reschedule import NoSuchMessage

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One message with what a reader needs beside it. `zone` is an IANA name."""

    message: Message
    number: str
    zone: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter over messages; empty fields do not filter. `find` is part of a recipient's address."""

    state: MessageState | None = None
    kind: str = ""
    find: str = ""
    invoice_id: int | None = None
    bulk_id: int | None = None
    company: int | None = None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of a list, newest first."""

    rows: list[Listed]
    page: int
    pages: int
    total: int


def messages(session: Session, *, wanted: Wanted, page: int = 1) -> MessagePage:
    """Return a page of the messages that match."""
    conditions = _conditions(wanted)
    counted = select(func.count(Message.message_id))
    if wanted.company is not None:
        counted = counted.join(Invoice, Invoice.invoice_id == Message.invoice_id)
    total = session.scalar(counted.where(*conditions)) or 0
    statement = (
        select(Message, Invoice.number, Issuer.timezone)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .join(Issuer, Issuer.issuer_id == Invoice.issuer_id)
        .where(*conditions)
        .order_by(Message.message_id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    rows = [Listed(*row) for row in session.execute(statement)]
    return MessagePage(rows, page, max(-(-total // PAGE), 1), total)


def message(session: Session, *, message_id: int) -> Listed:
    """Return one message. Raises NoSuchMessage."""
    statement = (
        select(Message, Invoice.number, Issuer.timezone)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .join(Issuer, Issuer.issuer_id == Invoice.issuer_id)
        .where(Message.message_id == message_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NoSuchMessage(f"message {message_id} not found")
    return Listed(*row)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(in_state(wanted.state))
    if wanted.kind:
        found.append(Message.kind == wanted.kind)
    if wanted.find:
        found.append(Message.recipient.icontains(wanted.find, autoescape=True))
    if wanted.invoice_id is not None:
        found.append(Message.invoice_id == wanted.invoice_id)
    if wanted.bulk_id is not None:
        found.append(Message.bulk_id == wanted.bulk_id)
    if wanted.company is not None:
        found.append(Invoice.issuer_id == wanted.company)
    return found
