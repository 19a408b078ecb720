"""Removing what an import made, under the locks of all of it: nothing that refers to it stays behind.

`tests/structure/test_removal.py` holds what stands here against every table that there is.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from paymail.models import (
    DIGESTS,
    Bounce,
    Contact,
    ContactOrigin,
    Customer,
    CustomerChange,
    DeliveryAttempt,
    GatewayCustomer,
    IdempotentRequest,
    Invoice,
    InvoiceLine,
    IssuedDocument,
    Message,
    MessageRecipient,
    Payment,
    ReplacedToken,
    SavedMethod,
    Suppression,
    SyncedInvoice,
    TimelineEvent,
)
from paymail.services.access.visible import among_all_issuers
from paymail.services.outbox import blobs

Column = InstrumentedAttribute[Any]

OF_MESSAGES: tuple[Column, ...] = (
    MessageRecipient.message_id,
    DeliveryAttempt.message_id,
    IdempotentRequest.message_id,
    TimelineEvent.message_id,
)
FORGET_MESSAGES: tuple[Column, ...] = (Bounce.message_id, Suppression.message_id)
"""They are about addresses, and stay."""
OF_PAYMENTS: tuple[Column, ...] = (Message.payment_id, IdempotentRequest.payment_id)
OF_INVOICES: tuple[Column, ...] = (
    TimelineEvent.invoice_id,
    ReplacedToken.invoice_id,
    InvoiceLine.invoice_id,
    SyncedInvoice.invoice_id,
    IssuedDocument.invoice_id,
)
USED_BY: tuple[Column, ...] = (
    Invoice.customer_id,
    SavedMethod.customer_id,
    GatewayCustomer.customer_id,
    CustomerChange.customer_id,
)
"""What keeps a customer."""


def made_by(import_id: int) -> Select[Any]:
    """Return the ids of the invoices that an import made."""
    return select(Invoice.invoice_id).where(Invoice.import_id == import_id)


def remove(session: Session, *, import_id: int, now: datetime) -> None:
    """Remove the invoices that an import made, and the customers whom nothing else uses."""
    mine = made_by(import_id)
    payments = select(Payment.payment_id).where(Payment.invoice_id.in_(mine))
    remove_messages(session, or_(Message.invoice_id.in_(mine), Message.payment_id.in_(payments)), now)
    remove_payments(session, Payment.invoice_id.in_(mine), now)
    issued = select(IssuedDocument.pdf_sha256).where(IssuedDocument.invoice_id.in_(mine))
    drawn = set(session.scalars(issued))
    for column in OF_INVOICES:
        _delete(session, column, mine)
    blobs.erase(session, digests=sorted(drawn), now=now)
    _delete(session, Invoice.import_id, [import_id])
    unused = select(Customer.customer_id).where(*_only_of(import_id)).with_for_update()
    customers = list(session.scalars(unused.order_by(Customer.customer_id)))
    for start in range(0, len(customers), 500):
        some = customers[start : start + 500]
        _delete(session, Contact.customer_id, some)
        _delete(session, Customer.customer_id, some)


def remove_messages(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    """Remove messages that were never handed over, with what was rendered for them."""
    pairs = select(*DIGESTS)
    rendered = pairs.where(which, Message.mime_sha256.is_not(None))
    theirs = {digest for row in session.execute(rendered) for digest in row if digest}
    ids = select(Message.message_id).where(which)
    for column in OF_MESSAGES:
        _delete(session, column, ids)
    for column in FORGET_MESSAGES:
        forgotten = update(column.class_).where(column.in_(ids)).values({column: None})
        session.execute(forgotten.execution_options(synchronize_session=False))
    session.execute(delete(Message).where(which).execution_options(synchronize_session=False))
    if theirs:
        shared = pairs.where(or_(*(column.in_(theirs) for column in DIGESTS)))
        kept = {digest for row in session.execute(among_all_issuers(shared)) for digest in row}
        blobs.erase(session, digests=sorted(theirs - kept), now=now)


def remove_payments(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    """Remove payments that the host told of, whose receipts were never handed over."""
    ids = select(Payment.payment_id).where(which)
    remove_messages(session, Message.payment_id.in_(ids), now)
    _delete(session, IdempotentRequest.payment_id, ids)
    session.execute(delete(Payment).where(which).execution_options(synchronize_session=False))


def _only_of(import_id: int) -> list[ColumnElement[bool]]:
    """Return the conditions that a customer was made by an import, and is as it was made."""
    used = [~exists().where(column == Customer.customer_id) for column in USED_BY]
    added = exists().where(Contact.customer_id == Customer.customer_id, Contact.origin != ContactOrigin.HOST)
    corrected = or_(Customer.host_email.is_not(None), Customer.erased_at.is_not(None))
    merged = aliased(Customer)
    points = exists().where(merged.merged_into == Customer.customer_id)
    # A host says nothing of these: they are staff's, and would be missed by a customer who comes in again.
    set_by_staff = or_(Customer.reminders_off, Customer.ladder != "", Customer.locale != "")
    kept = [~added, ~corrected, ~points, ~set_by_staff, Customer.merged_into.is_(None)]
    return [Customer.import_id == import_id, *used, *kept]


def _delete(session: Session, column: Column, ids: Any) -> None:
    gone = delete(column.class_).where(column.in_(ids))
    session.execute(gone.execution_options(synchronize_session=False))
