"""Which invoices a list has, whoever asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, String, and_, cast, false, or_, select
from sqlalchemy.orm import Session

from paymail.models import Customer, Invoice, InvoiceStatus, Issuer, PaymentStatus
from paymail.services.core.invoices import local_date


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices; empty fields do not filter. Dates are compared strictly."""

    status: InvoiceStatus | None = None
    payment_status: PaymentStatus | None = None
    customer: str = ""
    """Part of the customer's name or address, taken literally."""
    due_before: date | None = None
    due_after: date | None = None
    issued_before: date | None = None
    issued_after: date | None = None
    issuer_id: int | None = None
    overdue_at: datetime | None = None
    """Only issued invoices that are owed and whose due date had passed, on their issuers' calendars, then."""
    find: str = ""
    """The number, part of the customer's name, or a status in words."""


def conditions(session: Session, wanted: InvoiceFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what a statement over invoices joined with their customers must meet."""
    for column, value in (
        (Invoice.status, wanted.status),
        (Invoice.payment_status, wanted.payment_status),
        (Invoice.issuer_id, wanted.issuer_id),
    ):
        if value is not None:
            yield column == value
    if wanted.customer:
        yield named(wanted.customer)
    if wanted.find:
        yield _found(wanted.find)
    for dated, before, after in (
        (Invoice.due_date, wanted.due_before, wanted.due_after),
        (Invoice.issued_date, wanted.issued_before, wanted.issued_after),
    ):
        if before is not None:
            yield dated < before
        if after is not None:
            yield dated > after
    if wanted.overdue_at is not None:
        yield _overdue(session, wanted.overdue_at)


def named(find: str) -> ColumnElement[bool]:
    """Return the condition that a customer's name or address has a text in it."""
    return or_(
        Customer.name.icontains(find, autoescape=True), Customer.email.icontains(find, autoescape=True)
    )


def _found(find: str) -> ColumnElement[bool]:
    status = "_".join(find.lower().split())
    return or_(
        cast(Invoice.number, String) == find,
        Customer.name.icontains(find, autoescape=True),
        Invoice.payment_status == status,
        Invoice.status == status,
    )


def _overdue(session: Session, at: datetime) -> ColumnElement[bool]:
    passed = [
        and_(Invoice.issuer_id == issuer.issuer_id, Invoice.due_date < local_date(issuer, at))
        for issuer in session.scalars(select(Issuer))
    ]
    return and_(Invoice.status == InvoiceStatus.SENT, Invoice.shortfall > 0, or_(false(), *passed))
