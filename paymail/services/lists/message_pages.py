"""Pages of messages, each with the number of its invoice and the zone of its issuer."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Issuer, Message, MessageKind, MessageState, in_state
from paymail.services.lists import delivery_state
from paymail.services.outbox.reschedule import NoSuchMessage

PAGE = 50


class Standing(StrEnum):
    """Where an email stands, in one word; exactly one of these holds."""

    SCHEDULED = "scheduled"
    """Waits for its time."""
    WAITING = "waiting"
    """The receiver asked to wait: the tries go on."""
    SENDING = "sending"
    SENT = "sent"
    """The mail server took it, and nothing came back."""
    DELIVERED = "delivered"
    """Sent, and a report says that it arrived."""
    BOUNCED = "bounced"
    IN_DOUBT = "in-doubt"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_SENT = "not-sent"
    """It was not needed any more, or its address is blocked."""


_STATES: dict[Standing, tuple[MessageState, ...]] = {
    Standing.SCHEDULED: (MessageState.SCHEDULED,),
    Standing.WAITING: (MessageState.SCHEDULED,),
    Standing.SENDING: (MessageState.SENDING, MessageState.HANDOVER),
    Standing.SENT: (MessageState.SENT,),
    Standing.DELIVERED: (MessageState.SENT,),
    Standing.BOUNCED: (MessageState.BOUNCED,),
    Standing.IN_DOUBT: (MessageState.UNKNOWN,),
    Standing.FAILED: (MessageState.FAILED,),
    Standing.CANCELLED: (MessageState.CANCELLED,),
    Standing.NOT_SENT: (MessageState.SUPPRESSED,),
}


def standings_of(state: MessageState) -> tuple[Standing, ...]:
    """Return what an email in a state may stand as."""
    return tuple(one for one, states in _STATES.items() if state in states)


@dataclass(frozen=True, slots=True)
class Listed:
    """One message with what a reader needs beside it. `zone` is an IANA name."""

    message: Message
    number: str
    zone: str

    @property
    def about(self) -> str:
        """What it is about: an invoice, a customer, or a company."""
        if self.message.kind is MessageKind.STATEMENT:
            return "customer"
        company = self.message.kind is MessageKind.NOTICE and self.message.actor in ABOUT_COMPANY
        return "company" if company else "invoice"


ABOUT_COMPANY = ("bank details", "issuer details", "Stripe account")
"""Notices by these are about an issuer: they hang on its newest invoice, which they say nothing of."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter over messages; empty fields do not filter. `find` is part of a recipient's address."""

    standing: tuple[Standing, ...] = ()
    kind: tuple[str, ...] = ()
    find: str = ""
    invoice_id: int | None = None
    """With `said_of_it`, without what only hangs on it: statements, and notices about the issuer."""
    said_of_it: bool = False
    bulk_id: int | None = None
    company: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of a list, newest first."""

    rows: list[Listed]
    page: int
    pages: int
    """As far as they are counted."""
    total: int
    more: bool = False
    """Whether there are more than MOST, which are not counted."""


MOST = 1000


def messages(session: Session, *, wanted: Wanted, page: int = 1) -> MessagePage:
    """Return a page of the messages that match."""
    conditions = _conditions(wanted)
    found = select(Message.message_id).where(*conditions)
    if wanted.company:
        found = found.join(Invoice, Invoice.invoice_id == Message.invoice_id)
    some = found.limit(MOST + 1).subquery()
    total = session.scalar(select(func.count(some.c.message_id))) or 0
    # First which ones, by an index: else all those before the page are joined to be passed over.
    here = found.order_by(Message.message_id.desc()).limit(PAGE + 1).offset((page - 1) * PAGE)
    statement = (
        select(Message, Invoice.number, Issuer.timezone)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .join(Issuer, Issuer.issuer_id == Invoice.issuer_id)
        .where(Message.message_id.in_(select(here.subquery().c.message_id)))
        .order_by(Message.message_id.desc())
    )
    rows = [Listed(*row) for row in session.execute(statement)]
    more = total > MOST
    pages = page + (len(rows) > PAGE) if more else max(-(-total // PAGE), 1)
    return MessagePage(rows[:PAGE], page, pages, min(total, MOST), more)


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
    if wanted.standing:
        found.append(or_(*(_stands(one) for one in wanted.standing)))
    if wanted.kind:
        found.append(Message.kind.in_(wanted.kind))
    if wanted.find:
        found.append(Message.recipient.icontains(wanted.find, autoescape=True))
    if wanted.invoice_id is not None:
        found.append(Message.invoice_id == wanted.invoice_id)
    if wanted.said_of_it:
        found.append(Message.kind != MessageKind.STATEMENT)
        found.append(or_(Message.kind != MessageKind.NOTICE, Message.actor.not_in(ABOUT_COMPANY)))
    if wanted.bulk_id is not None:
        found.append(Message.bulk_id == wanted.bulk_id)
    if wanted.company:
        found.append(Invoice.issuer_id.in_(wanted.company))
    return found


def _stands(wanted: Standing) -> ColumnElement[bool]:
    state = in_state(*_STATES[wanted])
    tried, arrived = Message.attempts > 0, delivery_state.has_arrived(Message.message_id)
    match wanted:
        case Standing.SCHEDULED | Standing.WAITING:
            return and_(state, tried if wanted is Standing.WAITING else ~tried)
        case Standing.SENT | Standing.DELIVERED:
            return and_(state, arrived if wanted is Standing.DELIVERED else ~arrived)
    return state
