"""Statements of account that the outbox files under invoices of an import that is taken back.

A statement is about the account, so it goes on under another issued invoice of the customer.
"""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from paymail.models import (
    OPEN_STATES,
    Invoice,
    InvoiceStatus,
    Message,
    MessageKind,
    MessageState,
    TimelineEvent,
)
from paymail.services.imports.removal import made_by

STATEMENT = "a statement of account under it waits or was sent, and the customer has no other issued invoice"
BEING_SENT = "a statement of account under it is being sent"
_IS_ONE = Message.kind == MessageKind.STATEMENT


def in_the_way(import_id: int) -> tuple[tuple[ColumnElement[bool], str], ...]:
    """Return which of the invoices that an import made keep it because of a statement, and why."""
    mine = and_(Message.invoice_id == Invoice.invoice_id, _IS_ONE)
    at_work = Message.state.in_((MessageState.SENDING, MessageState.HANDOVER))
    told = or_(
        Message.state.in_((*OPEN_STATES, MessageState.SENT, MessageState.UNKNOWN, MessageState.BOUNCED)),
        Message.handed_over_at.is_not(None),
    )
    nowhere = _other(import_id).is_(None)
    return (exists().where(mine, at_work), BEING_SENT), (and_(exists().where(mine, told), nowhere), STATEMENT)


def refile(session: Session, *, import_id: int) -> None:
    """File the statements under other invoices of their customers, where there are any."""
    made = made_by(import_id)
    home = (
        select(_other(import_id))
        .where(Invoice.invoice_id == Message.invoice_id)
        .correlate(Message)
        .scalar_subquery()
    )
    statements = update(Message).where(_IS_ONE, Message.invoice_id.in_(made), home.is_not(None))
    session.execute(statements.values(invoice_id=home).execution_options(synchronize_session=False))
    moved = select(Message.invoice_id).where(Message.message_id == TimelineEvent.message_id, _IS_ONE)
    place = moved.where(Message.invoice_id.not_in(made)).correlate(TimelineEvent).scalar_subquery()
    told = update(TimelineEvent).where(TimelineEvent.invoice_id.in_(made), place.is_not(None))
    session.execute(told.values(invoice_id=place).execution_options(synchronize_session=False))


def _other(import_id: int) -> ScalarSelect[Any]:
    """Return the newest issued invoice of the same account that the import did not make, for each invoice."""
    other = aliased(Invoice)
    same = (other.customer_id == Invoice.customer_id, other.currency == Invoice.currency)
    elsewhere = or_(other.import_id.is_(None), other.import_id != import_id)
    newest = select(func.max(other.invoice_id)).where(*same, elsewhere, other.status == InvoiceStatus.SENT)
    return newest.correlate(Invoice).scalar_subquery()
