"""Putting back what an import changed of invoices and customers that were known before it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Channel, Customer, ImportChange, Invoice, Message, MessageState, Payment
from paymail.services.core import history
from paymail.services.core.customers import NoSuchCustomer
from paymail.services.customers import addresses, contacts
from paymail.services.imports import removal
from paymail.services.imports.known_invoices import load_locked
from paymail.services.imports.obstacles import ERASED, Obstacle
from paymail.services.imports.snapshots import (
    CONTACTS,
    LINES,
    Values,
    column_value,
    customer_values,
    lines_of,
)
from paymail.services.imports.updates import replace_lines
from paymail.services.ledger import entries
from paymail.services.links import pay_links

AT_ONCE = 100
MOVED = "the import issued or voided it, which cannot be undone"
GONE = "it is not here any more"
CUSTOMER_CHANGED = "it was changed after the import"
NO_CUSTOMER = "the customer that it had before was removed, merged or erased"


def changes_of(session: Session, import_id: int) -> list[ImportChange]:
    """Return what an import changed, the last first: so it is put back."""
    statement = select(ImportChange).where(ImportChange.import_id == import_id)
    return list(session.scalars(statement.order_by(ImportChange.change_id.desc())))


def obstacles(session: Session, changes: Sequence[ImportChange]) -> Iterator[Obstacle]:
    """Yield why something cannot be as it was before."""
    known: dict[int, Values] = {}
    for row in changes:
        change = json.loads(row.fields or "{}")
        if row.customer_id is not None:
            reason = _of_customer(session, row.customer_id, change, known)
            what = f"customer {row.customer_id}"
        else:
            reason, what = _of_invoice(session, row.invoice_id, change), f"invoice {row.number}"
        if reason:
            yield Obstacle(what, reason)


def _of_invoice(session: Session, invoice_id: int | None, change: dict[str, Any]) -> str:
    if not change:
        return ERASED
    if "status" in change:
        return MOVED
    if "customer_id" in change and not _is_here(session.get(Customer, change["customer_id"][0])):
        return NO_CUSTOMER
    for column in (Invoice.external_ref, Invoice.number):
        before, after = change.get(column.key, (None, None))
        if before and after != before:
            mine = select(Invoice.issuer_id).where(Invoice.invoice_id == invoice_id).scalar_subquery()
            others = select(Invoice.number).where(
                Invoice.issuer_id == mine, column == before, Invoice.invoice_id != invoice_id
            )
            if (other := session.scalar(others.limit(1))) is not None:
                return f"invoice {other} has its former {column.key} now"
    return ""


def _is_here(found: Customer | None) -> bool:
    return found is not None and found.merged_into is None and found.erased_at is None


def _of_customer(session: Session, customer_id: int, change: dict[str, Any], known: dict[int, Values]) -> str:
    if not change:
        return ERASED
    try:
        found = addresses.customer(session, customer_id=customer_id, lock=True)
    except NoSuchCustomer:
        return GONE
    now = known.setdefault(customer_id, customer_values(found))
    if any(now[column] != after for column, (_before, after) in change.items()):
        return CUSTOMER_CHANGED
    now.update({column: before for column, (before, _after) in change.items()})
    return _twin(session, found, now)


def _twin(session: Session, found: Customer, wanted: Values) -> str:
    others = select(Customer.customer_id).where(
        Customer.issuer_id == found.issuer_id, Customer.customer_id != found.customer_id
    )
    named = others.where(Customer.name == wanted["name"], Customer.email == wanted["email"])
    if (twin := session.scalar(named)) is not None:
        return f"customer {twin} has its former name and address now"
    if (ref := wanted["external_ref"]) is None:
        return ""
    twin = session.scalar(others.where(Customer.external_ref == ref))
    return f"customer {twin} has its former external_ref now" if twin is not None else ""


def put_back(session: Session, changes: Sequence[ImportChange], *, actor: str, now: datetime) -> None:
    """Give everything its values of before, under the locks of all of it; `obstacles` found none."""
    for row in changes:
        if row.customer_id is not None:
            _put_back_customer(session, row.customer_id, json.loads(row.fields), actor, now)
    rows = {row.invoice_id: row for row in changes if row.invoice_id is not None}
    for start in range(0, len(rows), AT_ONCE):
        some = list(rows)[start : start + AT_ONCE]
        for invoice in load_locked(session, some).values():
            _put_back_invoice(session, invoice, rows[invoice.invoice_id], actor, now)
        session.flush()
        for invoice_id in _with_waiting_mail(session, some):
            pay_links.write_waiting_afresh(session, invoice_id=invoice_id)


def _with_waiting_mail(session: Session, ids: Sequence[int]) -> list[int]:
    waiting = (MessageState.SCHEDULED, MessageState.SENDING)
    statement = select(Message.invoice_id).where(Message.invoice_id.in_(ids), Message.state.in_(waiting))
    return sorted(set(session.scalars(statement)))


def _put_back_invoice(
    session: Session, invoice: Invoice, row: ImportChange, actor: str, now: datetime
) -> None:
    change: dict[str, Any] = json.loads(row.fields)
    owed_before = invoice.balance
    for column, (before, _after) in change.items():
        if column not in (LINES, "customer_id"):
            setattr(invoice, column, column_value(column, before))
    if "customer_id" in change:
        invoice.customer = session.get_one(Customer, change["customer_id"][0])
    if LINES in change:
        replace_lines(session, invoice, lines_of(change[LINES][0]))
    invoice.updated_at = invoice.next_reminder_at = now
    if "amount_paid" in change:
        told = (Payment.invoice_id == invoice.invoice_id) & (Payment.channel == Channel.HOST)
        removal.remove_payments(session, told & (Payment.received_at == row.changed_at), now)
    if {"amount_paid", "total"} & change.keys():
        entries.update_status(session, invoice=invoice, now=now, owed_before=owed_before)
    detail = f"import {row.import_id} was taken back"
    history.record(
        session, invoice_id=invoice.invoice_id, kind="updated", actor=actor, now=now, detail=detail
    )


def _put_back_customer(
    session: Session, customer_id: int, change: dict[str, Any], actor: str, now: datetime
) -> None:
    found = addresses.customer(session, customer_id=customer_id, lock=True)
    for column, (before, _after) in change.items():
        if column not in ("email", "host_email", CONTACTS):
            setattr(found, column, before)
    session.flush()
    if "email" in change:
        addresses.take_hosts_address(
            session, customer_id=customer_id, address=change["email"][0], actor=actor, now=now
        )
    if "host_email" in change:
        found.host_email = change["host_email"][0]
    if CONTACTS in change:
        contacts.take_over(session, found=found, emails=change[CONTACTS][0], actor=actor, now=now)
    session.flush()
    for invoice_id in addresses.invoices_concerned(session, customer_id)[1]:
        pay_links.write_waiting_afresh(session, invoice_id=invoice_id)
