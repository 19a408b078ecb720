"""Erasing a customer's personal data on request. The books stay: invoices, lines, payments, dates."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.orm import Session

from paymail.db import take_turns
from paymail.emails import TO_STAFF
from paymail.errors import Conflict
from paymail.models import (
    LIVE_ATTEMPTS,
    OPEN_STATES,
    Bounce,
    BulkSend,
    Contact,
    Customer,
    CustomerChange,
    DeliveryAttempt,
    HoldOrigin,
    HostRefusal,
    IdempotentRequest,
    Invoice,
    InvoiceStatus,
    Message,
    MessageRecipient,
    MessageState,
    Payment,
    PaymentAttempt,
    Refund,
    RefundStatus,
    ReminderHold,
    Suppression,
    SyncedInvoice,
    TimelineEvent,
)
from paymail.services.core import history
from paymail.services.core.customers import TURN, CustomerErased
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import (
    erased_contents,
    erased_filters,
    erased_imports,
    objections,
    saved_methods,
)
from paymail.services.customers.addresses import ADDRESS_CHANGED, customer
from paymail.services.customers.erased_person import (
    ErasedPerson,
    addresses_of_others,
    merged_into,
    person_of,
    placeholder_email,
    placeholder_name,
)
from paymail.services.links import replaced_tokens

ERASED = "(erased)"
_REFUNDS_UNDER_WAY = (RefundStatus.PROPOSED, RefundStatus.REQUESTED, RefundStatus.PENDING)


class StillNeeded(Conflict):
    """Something still needs the customer's data; the text lists it."""

    code = "still_needed"


def in_the_way(session: Session, *, customer_id: int) -> list[str]:
    """Return what needs the customer's data: owed and draft invoices, and what is under way."""
    mine = select(Invoice.invoice_id).where(Invoice.customer_id == customer_id)
    owed = mine.where(Invoice.status == InvoiceStatus.SENT, Invoice.shortfall > 0)
    draft = mine.where(Invoice.status == InvoiceStatus.DRAFT)
    unsettled = (*OPEN_STATES, MessageState.UNKNOWN)
    emails = select(Message.message_id).where(Message.invoice_id.in_(mine), Message.state.in_(unsettled))
    payments = select(PaymentAttempt.invoice_id).where(
        PaymentAttempt.invoice_id.in_(mine), PaymentAttempt.status.in_(LIVE_ATTEMPTS)
    )
    # What becomes of them is told to the customer.
    refunds = select(Refund.invoice_id).where(
        Refund.invoice_id.in_(mine), Refund.status.in_(_REFUNDS_UNDER_WAY)
    )
    found = (
        ("unpaid invoices", owed),
        ("draft invoices", draft),
        ("queued or unknown emails", emails),
        ("payments in progress for invoices", payments),
        ("refunds in progress for invoices", refunds),
    )
    return [
        f"{what}: {_numbers(rows)}" for what, query in found if (rows := sorted(set(session.scalars(query))))
    ]


def _numbers(ids: list[int]) -> str:
    return ", ".join(map(str, ids[:20])) + (f" and {len(ids) - 20} more" if len(ids) > 20 else "")


def erase_customer(session: Session, *, customer_id: int, actor: str, now: datetime) -> None:
    """Replace a customer's name and addresses wherever they are kept, and erase the emails that hold them.

    Raises NoSuchCustomer, CustomerErased, CustomerMerged, StillNeeded.
    """
    take_turns(session, TURN)  # no merger gives it invoices meanwhile
    mine = select(Invoice.invoice_id).where(Invoice.customer_id == customer_id)
    invoice_ids = sorted(session.scalars(mine))
    for invoice_id in invoice_ids:
        load_invoice(session, invoice_id=invoice_id, lock=True)
    found = customer(session, customer_id=customer_id, lock=True)
    if found.erased_at is not None:
        raise CustomerErased(f"the data of customer {customer_id} has already been erased")
    if obstacles := in_the_way(session, customer_id=customer_id):
        raise StillNeeded(f"customer {customer_id} cannot be erased yet: {'; '.join(obstacles)}")
    person = person_of(session, found=found, mine=mine)
    erased_contents.erase(session, mine, now)
    _scrub_messages(session, mine, person)
    _scrub_histories(session, mine, person)
    objections.scrub(session, mine=mine, erased=ERASED, actor=actor, now=now)
    _scrub_money(session, mine, person)
    people = [found, *merged_into(session, customer_id=customer_id)]
    for one in people:
        saved_methods.forget(session, customer_id=one.customer_id)
    saved_methods.end_all(session, customer_id=customer_id, actor=actor, now=now, why="customer erased")
    _scrub_suppressions(session, person, actor, now)
    for one in people:
        _scrub_filters(session, one.name, person.name)
    erased_imports.scrub(session, issuer_id=found.issuer_id, mine=mine, person=person, erased=ERASED)
    _scrub_syncs(session, person)
    erased_filters.scrub(session, person)
    for invoice_id in invoice_ids:
        # A file must not give the link of an erased person to anybody else.
        invoice = session.get_one(Invoice, invoice_id)
        replaced_tokens.remember(session, invoice=invoice, now=now, revoked=True)
    session.execute(
        update(Invoice)
        .where(Invoice.customer_id == customer_id)
        .values(payment_token=None, verify_code=None, payment_token_expires_at=None, next_reminder_at=None)
        .values(notes="", terms="", purchase_order="", host_metadata="")
    )
    for one in people:
        _forget_person(one, now)
        _scrub_changes(session, one)
    session.execute(delete(Contact).where(Contact.customer_id == customer_id))
    for invoice_id in invoice_ids:
        history.record(session, invoice_id=invoice_id, kind="customer_erased", actor=actor, now=now)


def _forget_person(found: Customer, now: datetime) -> None:
    found.name, found.email, found.erased_at = placeholder_name(found), placeholder_email(found), now
    found.host_email = found.external_ref = None
    found.address = found.tax_id = found.country = found.attention = ""
    found.held_reason, found.held_at, found.held_until = "", None, None


def _scrub_changes(session: Session, found: Customer) -> None:
    """What staff changed of a customer is who it was: who changed what, and when, stays."""
    mine = CustomerChange.customer_id == found.customer_id
    for column in (CustomerChange.old, CustomerChange.new):
        said = update(CustomerChange).where(mine, column != "").values({column: ERASED})
        session.execute(said.execution_options(synchronize_session=False))


def _scrub_messages(session: Session, mine: Select[Any], person: ErasedPerson) -> None:
    for message in session.scalars(select(Message).where(Message.invoice_id.in_(mine))):
        if message.kind not in TO_STAFF:
            message.recipient, message.destination = person.email, "erased.invalid"
        message.subject = ERASED if message.subject else ""
        message.detail = ERASED if message.detail else ""
        message.reason = ERASED if person.named_in(message.reason) else message.reason
    ids = select(Message.message_id).where(Message.invoice_id.in_(mine))
    session.execute(delete(MessageRecipient).where(MessageRecipient.message_id.in_(ids)))
    session.execute(
        update(DeliveryAttempt)
        .where(DeliveryAttempt.message_id.in_(ids), DeliveryAttempt.detail != "")
        .values(detail=ERASED)
    )
    session.execute(
        update(Bounce)
        .where(or_(Bounce.message_id.in_(ids), Bounce.recipient.in_(person.addresses)))
        .values(recipient="", detail=ERASED)
    )


def _scrub_histories(session: Session, mine: Select[Any], person: ErasedPerson) -> None:
    events = select(TimelineEvent).where(TimelineEvent.invoice_id.in_(mine), TimelineEvent.detail != "")
    holds = select(ReminderHold).where(ReminderHold.invoice_id.in_(mine), ReminderHold.detail != "")
    rows: Iterable[TimelineEvent | ReminderHold] = [*session.scalars(events), *session.scalars(holds)]
    for row in rows:
        # What a customer wrote about a payment may tell who they are without naming them.
        if isinstance(row, TimelineEvent):
            theirs = row.quotes_customer or row.kind == ADDRESS_CHANGED
        else:
            theirs = row.origin is HoldOrigin.CUSTOMER
        if theirs or person.named_in(row.detail):
            row.detail = ERASED


def _scrub_money(session: Session, mine: Select[Any], person: ErasedPerson) -> None:
    """Amounts and dates are the books; what staff wrote beside them may name the person."""
    for payment in session.scalars(select(Payment).where(Payment.invoice_id.in_(mine))):
        payment.request_key = None  # of the caller's choosing; the table of requests keeps its digest
        if person.named_in(payment.reference):
            payment.reference = ERASED
            _forget_content(session, IdempotentRequest.payment_id == payment.payment_id)
    for refund in session.scalars(select(Refund).where(Refund.invoice_id.in_(mine))):
        refund.request_key = None
        if person.named_in(refund.reason):
            refund.reason = ERASED
            _forget_content(session, IdempotentRequest.refund_id == refund.refund_id)


def _forget_content(session: Session, of: ColumnElement[bool]) -> None:
    """Forget what was asked in a request: the digest of few words can be guessed."""
    forgotten = update(IdempotentRequest).where(of).values(content_digest="")
    session.execute(forgotten.execution_options(synchronize_session=False))


def _scrub_suppressions(session: Session, person: ErasedPerson, actor: str, now: datetime) -> None:
    shared = addresses_of_others(session, customer_id=person.customer_id)
    gone = select(Suppression).where(Suppression.address.in_(person.addresses - shared))
    for row in session.scalars(gone):
        row.address, row.detail = f"erased-{row.suppression_id}@erased.invalid", ERASED
        row.lift_reason = ERASED
        if row.lifted_at is None:
            row.lifted_at, row.lifted_by = now, actor


def _scrub_syncs(session: Session, person: ErasedPerson) -> None:
    """What a host's database said of the person. While it goes on saying so, the next run reads it."""
    for refusal in session.scalars(select(HostRefusal)):
        if person.named_in(refusal.faults):
            refusal.faults = ERASED
    for synced in session.scalars(select(SyncedInvoice).where(SyncedInvoice.failure != "")):
        if person.named_in(synced.failure):
            synced.failure = ERASED


def _scrub_filters(session: Session, name: str, placeholder: str) -> None:
    # Only that field: somebody may be called `unpaid`, `AUD` or `customer`.
    for bulk in session.scalars(select(BulkSend).where(BulkSend.selection.contains('"customer"'))):
        stored = json.loads(bulk.selection)
        if stored.get("customer") == name:
            bulk.selection = json.dumps(stored | {"customer": placeholder})
            _forget_content(session, IdempotentRequest.bulk_id == bulk.bulk_id)
