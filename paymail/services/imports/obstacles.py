"""Why an import cannot be taken back. Everything is looked at under the locks of all of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from paymail.models import (
    LIVE_ATTEMPTS,
    Channel,
    Customer,
    Dispute,
    Import,
    ImportChange,
    Invoice,
    Message,
    MessageKind,
    MessageState,
    Objection,
    Payment,
    PaymentAttempt,
    PaymentPlan,
    Refund,
    ReminderHold,
    SavedMethod,
)
from paymail.services.imports import filed_statements
from paymail.services.imports.removal import made_by

MOST_NAMED = 10
UNDER_WAY = (MessageState.SENDING, MessageState.HANDOVER)
OUT = (*UNDER_WAY, MessageState.SENT, MessageState.UNKNOWN, MessageState.BOUNCED)
_ABOUT_IT = Message.kind != MessageKind.STATEMENT
EMAILED = "an email about it was sent or is being sent"
PAYING = "the customer has begun to pay it"
MONEY = "a payment, a refund or a dispute of it is recorded"
PLAN = "it has a payment plan"
CHANGED = "it was changed after the import"
ERASED = "the customer's data was erased"

IN_THE_WAY: tuple[tuple[InstrumentedAttribute[Any], str], ...] = (
    (PaymentAttempt.invoice_id, PAYING),
    (SavedMethod.invoice_id, PAYING),
    (Refund.invoice_id, MONEY),
    (Dispute.invoice_id, MONEY),
    (PaymentPlan.invoice_id, PLAN),
    (ReminderHold.invoice_id, CHANGED),
    (Objection.invoice_id, CHANGED),
)
"""What refers to an invoice that was made, and keeps it here."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one invoice, or one customer, keeps an import from being taken back."""

    what: str
    """`invoice 502`, or `customer 7`."""
    reason: str


def found(session: Session, import_id: int) -> list[Obstacle]:
    """Return the first obstacles of invoices that the import made or changed."""
    return first(_all(session, import_id))


def first(obstacles: Iterable[Obstacle]) -> list[Obstacle]:
    """Return MOST_NAMED of them, each invoice once, and one more when there are more."""
    named: dict[str, Obstacle] = {}
    for one in obstacles:
        named.setdefault(one.what, one)
        if len(named) > MOST_NAMED:
            break
    return list(named.values())


def _all(session: Session, import_id: int) -> Iterator[Obstacle]:
    for condition, reason in _of_made_ones(import_id):
        numbers = select(Invoice.number).where(Invoice.import_id == import_id, condition)
        yield from _named(session, numbers, reason)
    yield from _touched_later(session, import_id)
    for condition, reason in _of_changed_ones(import_id):
        yield from _named(session, _changed(import_id).where(condition), reason)


def _named(session: Session, numbers: Select[Any], reason: str) -> Iterator[Obstacle]:
    some = numbers.order_by(Invoice.invoice_id).limit(MOST_NAMED + 1)
    yield from (Obstacle(f"invoice {number}", reason) for number in session.scalars(some))


def _of_made_ones(import_id: int) -> Iterator[tuple[ColumnElement[bool], str]]:
    out = or_(Message.state.in_(OUT), Message.handed_over_at.is_not(None))
    yield exists().where(Message.invoice_id == Invoice.invoice_id, _ABOUT_IT, out), EMAILED
    yield from filed_statements.in_the_way(import_id)
    for column, reason in IN_THE_WAY:
        yield exists().where(column == Invoice.invoice_id), reason
    # What the host was paid came in with the invoice.
    seen_here = or_(Payment.channel != Channel.HOST, Payment.received_at != Invoice.created_at)
    yield exists().where(Payment.invoice_id == Invoice.invoice_id, seen_here), MONEY
    of_erased = Invoice.customer.has(Customer.erased_at.is_not(None))
    yield of_erased, ERASED
    touched = (
        Invoice.link_replaced_at.is_not(None)
        | Invoice.part_minimum.is_not(None)
        | Invoice.reminders_off
        | (Invoice.ladder != "")
    )
    moved = (Invoice.updated_at != Invoice.created_at) & ~_left_by_a_take_back(import_id)
    yield moved & ~_changed_later(import_id), CHANGED
    yield touched, CHANGED


def _touched_later(session: Session, import_id: int) -> Iterator[Obstacle]:
    changes = (
        select(Invoice.number, Import.import_id)
        .join(ImportChange, ImportChange.invoice_id == Invoice.invoice_id)
        .join(Import, Import.import_id == ImportChange.import_id)
        .where(Import.import_id > import_id, Import.taken_back_at.is_(None))
        .where(or_(Invoice.invoice_id.in_(made_by(import_id)), _is_changed_by(import_id)))
        .order_by(Invoice.invoice_id, Import.import_id)
        .limit(MOST_NAMED + 1)
    )
    for number, later in session.execute(changes):
        yield Obstacle(f"invoice {number}", f"import {later} changed it after this one")


def _is_changed_by(import_id: int) -> ColumnElement[bool]:
    return Invoice.invoice_id.in_(
        select(ImportChange.invoice_id).where(
            ImportChange.import_id == import_id, ImportChange.invoice_id.is_not(None)
        )
    )


def _changed_later(import_id: int) -> ColumnElement[bool]:
    """Whether a later import changed the invoice and was not taken back: then that is the reason."""
    later = aliased(ImportChange)
    return exists().where(
        later.invoice_id == Invoice.invoice_id,
        later.import_id > import_id,
        Import.import_id == later.import_id,
        Import.taken_back_at.is_(None),
    )


def _left_by_a_take_back(import_id: int) -> ColumnElement[bool]:
    """Whether the last to write the invoice was a later import's being taken back."""
    return exists().where(Import.import_id > import_id, Import.taken_back_at == Invoice.updated_at)


def _changed(import_id: int) -> Select[Any]:
    of = ImportChange.invoice_id == Invoice.invoice_id
    return select(Invoice.number).join(ImportChange, of).where(ImportChange.import_id == import_id)


def _of_changed_ones(import_id: int) -> Iterator[tuple[ColumnElement[bool], str]]:
    """Known ones may have been mailed and paid before: what counts is what came since."""
    since = or_(Message.state.in_(UNDER_WAY), Message.handed_over_at >= ImportChange.changed_at)
    yield exists().where(Message.invoice_id == Invoice.invoice_id, _ABOUT_IT, since), EMAILED
    live = PaymentAttempt.status.in_(LIVE_ATTEMPTS)
    yield exists().where(PaymentAttempt.invoice_id == Invoice.invoice_id, live), PAYING
    moved = Invoice.updated_at != ImportChange.changed_at
    moved = moved & ~_left_by_a_take_back(import_id) & ~_changed_later(import_id)
    yield moved, CHANGED


def told(obstacles: Sequence[Obstacle]) -> str:
    """Return the obstacles in words, the first MOST_NAMED of them."""
    named = "; ".join(f"{one.what}: {one.reason}" for one in islice(obstacles, MOST_NAMED))
    return named + ("; and others" if len(obstacles) > MOST_NAMED else "")
