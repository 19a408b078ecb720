"""Where the email of an invoice stands, in one word: a list's column, a filter, and what Home counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from paymail.models import (
    OPEN_STATES,
    Bounce,
    Customer,
    HoldOrigin,
    Invoice,
    Message,
    MessageKind,
    MessageState,
    PaymentAttempt,
    ReminderHold,
    Suppression,
    in_state,
)

RECEIPT = "delivered"
"""The kind of a report that says that a message arrived (`Bounce.kind`)."""


class Delivery(StrEnum):
    """Where the newest invoice email of an invoice stands. Exactly one of these holds."""

    NOT_EMAILED = "not-emailed"
    """paymail has no email of the invoice; the host may have mailed it."""
    SCHEDULED = "scheduled"
    """Waits for its time."""
    WAITING = "waiting"
    """The receiver asked to wait: the tries go on."""
    SENDING = "sending"
    """It is being handed over."""
    SENT = "sent"
    """The mail server took it, and nothing came back."""
    DELIVERED = "delivered"
    """Sent, and a report says that it arrived."""
    VIEWED = "viewed"
    """Sent, and since then a person pressed a button of the pay page. No opened link counts: mail scanners
    open them."""
    BOUNCED = "bounced"
    IN_DOUBT = "in-doubt"
    """It may have arrived: staff decide."""
    FAILED = "failed"
    BLOCKED = "blocked"
    """Not sent, and the customer's address is on the block list."""
    NOT_NEEDED = "not-needed"
    """Not sent for another reason: paid or void meanwhile."""
    CANCELLED = "cancelled"


OPEN = (Delivery.SCHEDULED, Delivery.WAITING, Delivery.SENDING)
"""What has yet to go out."""
PROBLEMS = (Delivery.BOUNCED, Delivery.IN_DOUBT, Delivery.FAILED, Delivery.BLOCKED)
"""What needs a person."""
_S, _D = MessageState, Delivery
_STATES: dict[Delivery, tuple[MessageState, ...]] = {
    _D.SCHEDULED: (_S.SCHEDULED,),
    _D.WAITING: (_S.SCHEDULED,),
    _D.SENDING: (_S.SENDING, _S.HANDOVER),
    _D.SENT: (_S.SENT,),
    _D.DELIVERED: (_S.SENT,),
    _D.VIEWED: (_S.SENT,),
    _D.BOUNCED: (_S.BOUNCED,),
    _D.IN_DOUBT: (_S.UNKNOWN,),
    _D.FAILED: (_S.FAILED,),
    _D.BLOCKED: (_S.SUPPRESSED,),
    _D.NOT_NEEDED: (_S.SUPPRESSED,),
    _D.CANCELLED: (_S.CANCELLED,),
}


@dataclass(frozen=True, slots=True)
class InvoiceEmail:
    """The newest email of an invoice, and in one word where it stands. Instants are UTC."""

    delivery: Delivery
    message_id: int | None = None
    at: datetime | None = None
    """When it goes out, while it is scheduled; else when it came to where it stands."""


def delivered_as(wanted: Iterable[Delivery]) -> ColumnElement[bool]:
    """Return the condition that an invoice is in one of these states."""
    words = set(wanted)
    parts: list[ColumnElement[bool]] = [false()]
    if _D.NOT_EMAILED in words:
        parts.append(~emailed(Invoice.invoice_id))
    # Together in one: what few messages are found by their states is not asked of each invoice.
    if by_message := [*_by_state(words), *_suppressed(words)]:
        newest = select(Message.invoice_id).where(or_(*by_message), *_newest())
        parts.append(Invoice.invoice_id.in_(newest))
    return or_(*parts, *(_sent(one) for one in (_D.SENT, _D.DELIVERED, _D.VIEWED) if one in words))


def emailed(invoice_id: Any) -> ColumnElement[bool]:
    """Return the condition that there is an email of an invoice, whatever became of it."""
    return exists().where(Message.invoice_id == invoice_id, _is_invoice(Message))


def emails_of(session: Session, *, invoice_ids: Iterable[int]) -> dict[int, InvoiceEmail]:
    """Return the newest email of each of some invoices, in one statement; those without one are left out."""
    statement = (
        select(Message, _viewed(), has_arrived(Message.message_id), _blocked())
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(Message.invoice_id.in_(list(invoice_ids)), *_newest())
    )
    return {
        message.invoice_id: InvoiceEmail(
            _word(message, viewed=viewed, arrived=arrived, blocked=blocked),
            message.message_id,
            message.settled_at if message.state not in OPEN_STATES else message.next_at,
        )
        for message, viewed, arrived, blocked in session.execute(statement)
    }


def _word(message: Message, *, viewed: bool, arrived: bool, blocked: bool) -> Delivery:
    state = message.state
    if state is _S.SCHEDULED:
        return _D.WAITING if message.attempts else _D.SCHEDULED
    if state is _S.SENT:
        return _D.VIEWED if viewed else _D.DELIVERED if arrived else _D.SENT
    if state is _S.SUPPRESSED:
        return _D.BLOCKED if blocked else _D.NOT_NEEDED
    return next(word for word, states in _STATES.items() if state in states)


def _by_state(words: set[Delivery]) -> list[ColumnElement[bool]]:
    plain = words & {_D.BOUNCED, _D.IN_DOUBT, _D.FAILED, _D.CANCELLED}
    states = sorted(state for word in plain for state in _STATES[word])
    found = [in_state(*states)] if states else []
    tried = Message.attempts > 0
    return found + [
        and_(in_state(*_STATES[word]), condition)
        for word, condition in ((_D.SCHEDULED, ~tried), (_D.WAITING, tried))
        if word in words
    ]


def _suppressed(words: set[Delivery]) -> list[ColumnElement[bool]]:
    invoice = aliased(Invoice)
    blocked = exists().where(invoice.invoice_id == Message.invoice_id, _blocked(invoice))
    return [
        and_(in_state(_S.SUPPRESSED), condition)
        for word, condition in ((_D.BLOCKED, blocked), (_D.NOT_NEEDED, ~blocked))
        if word in words
    ]


def _sent(wanted: Delivery) -> ColumnElement[bool]:
    sent = exists().where(Message.invoice_id == Invoice.invoice_id, Message.state == _S.SENT, *_newest())
    if wanted is _D.VIEWED:
        return and_(sent, _viewed())
    arrived = Invoice.invoice_id.in_(_receipted())
    return and_(sent, ~_viewed(), arrived if wanted is _D.DELIVERED else ~arrived)


def _newest() -> tuple[ColumnElement[bool], ...]:
    newer = aliased(Message)
    is_newer = exists().where(
        newer.invoice_id == Message.invoice_id,
        _is_invoice(newer),
        newer.message_id > Message.message_id,
    )
    return _is_invoice(Message), ~is_newer


def _is_invoice(message: Any) -> ColumnElement[bool]:
    """Written out, so that both databases see that `ix_messages_emails` is meant."""
    is_it: ColumnElement[bool] = message.kind == literal_column(f"'{MessageKind.INVOICE}'")
    return is_it


def handed_over() -> ScalarSelect[datetime | None]:
    """Return when the newest invoice email of an invoice, in a statement about invoices, was handed over."""
    email = aliased(Message)
    newest = select(func.max(email.handed_over_at))
    mine = newest.where(email.invoice_id == Invoice.invoice_id, _is_invoice(email))
    return mine.correlate(Invoice).scalar_subquery()


def _viewed() -> ColumnElement[bool]:
    """Whether a person acted on the pay page of an invoice since its newest email was handed over.

    Who acted before had another email, perhaps at another address. Code of before noted no time, but left
    the payment or the hold.
    """
    paid = exists().where(
        PaymentAttempt.invoice_id == Invoice.invoice_id, _since_then(PaymentAttempt.created_at)
    )
    said = exists().where(
        ReminderHold.invoice_id == Invoice.invoice_id,
        ReminderHold.origin == HoldOrigin.CUSTOMER,
        _since_then(ReminderHold.placed_at),
    )
    return or_(_since_then(Invoice.viewed_at), paid, said)


def _since_then(at: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    return and_(at.is_not(None), at >= func.coalesce(handed_over(), at))


def has_arrived(message_id: object) -> ColumnElement[bool]:
    """Return whether a report says that a message arrived."""
    return exists().where(Bounce.message_id == message_id, Bounce.kind == RECEIPT)


def _receipted() -> Select[int]:
    return (
        select(Message.invoice_id)
        .join(Bounce, Bounce.message_id == Message.message_id)
        .where(Bounce.kind == RECEIPT, *_newest())
    )


def _blocked(invoice: Any = Invoice) -> ColumnElement[bool]:
    who = aliased(Customer)
    return exists().where(
        who.customer_id == invoice.customer_id,
        Suppression.address == func.lower(who.email),
        Suppression.lifted_at.is_(None),
    )
