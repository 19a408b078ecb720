"""The GST report of one issuer: figures of a period, and every line that they are made of.

G1 is total sales with GST, 1A the GST on sales, as an Australian activity statement calls them (ATO: "GST -
completing your BAS"). Drafts count in no period, and void invoices only on the cash basis: their money
counted when it came, so it counts when it goes back. (Whether one was issued before it was void is not kept.)
What is written off stays: a bad debt is the accountant's to adjust. No lines are kept, however many:
four statements are read side by side.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Executable, Label, Select, and_, func, or_, select, union
from sqlalchemy.orm import Session

from paymail.models import (
    IN_FORCE,
    Channel,
    Customer,
    Dispute,
    DisputeState,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Issuer,
    Payment,
    Refund,
)
from paymail.money import share
from paymail.services.core.invoices import local_date
from paymail.services.core.tax_invoices import AUSTRALIA
from paymail.services.exports.gst_shares import Charge, Counted, Event, Kind, accrued, received
from paymail.services.exports.period import Period, happened, paid_in
from paymail.services.exports.side_by_side import Beside, stream
from paymail.tax import TaxCategory

BESIDE_THE_TAX = (TaxCategory.OUTSIDE_SCOPE, TaxCategory.REVERSE_CHARGE)
"""What Xero calls "BAS Excluded"."""


class Basis(StrEnum):
    """When GST counts."""

    ACCRUAL = "accrual"
    """When the invoice is issued (ATO: non-cash)."""
    CASH = "cash"
    """When the money comes."""


@dataclass(frozen=True, slots=True)
class GstRow:
    """One line, with the invoice that it is about."""

    invoice_id: int
    number: str
    customer: str
    currency: str
    counted: Counted
    by_host: bool = False
    """Whether only the host's system told of this payment: its day is the one on which it did."""


def home_of(issuer: Issuer) -> str:
    """Return the currency that an issuer reports in."""
    return "AUD" if issuer.country == AUSTRALIA else issuer.currency


def rows(session: Session, *, issuer: Issuer, span: Period, basis: Basis) -> Iterator[GstRow]:
    """Yield the lines of a period, invoice by invoice. Four statements. Raises BadCalendar."""
    ours = _concerned(issuer, span, basis)
    ids = select(Invoice.invoice_id).where(ours)
    invoices = stream(
        session,
        select(
            Invoice.invoice_id, Invoice.number, Invoice.issued_date, Invoice.currency, Invoice.total,
            Invoice.tax_amount, Invoice.tax_aud, Invoice.voided_at, _beside_the_tax(), Customer.name,
        )
        .join(Customer, Customer.customer_id == Invoice.customer_id)
        .where(ours)
        .order_by(Invoice.invoice_id),
    )  # fmt: skip
    happenings = [Beside(stream(session, one)) for one in _happenings(ids)]
    for invoice in invoices:
        paid, back, lost = (one.of(invoice.invoice_id) for one in happenings)
        told = {f"R-{one.receipt_number:06d}" for one in paid if one.channel is Channel.HOST}
        events = [*_payments(issuer, paid), *_refunds(issuer, back), *_chargebacks(issuer, lost)]
        if invoice.voided_at:
            events.append(Event(local_date(issuer, invoice.voided_at), Kind.VOID, 0, ""))
        charge = _charge(issuer, invoice)
        for one in accrued(charge, events) if basis is Basis.ACCRUAL else received(charge, events):
            if span.holds(one.day):
                by_host = one.kind is Kind.PAYMENT and one.reference in told
                yield GstRow(invoice.invoice_id, invoice.number, invoice.name, invoice.currency, one, by_host)


def is_long(session: Session, *, issuer: Issuer, span: Period, basis: Basis, most: int) -> bool:
    """Whether more than `most` invoices, or on the cash basis payments, are of the period.

    One statement, which stops there.
    """
    if basis is Basis.ACCRUAL:
        sent = Invoice.status == InvoiceStatus.SENT
        issued = Invoice.issued_date.between(span.first, span.last)
        found = select(Invoice.invoice_id).where(Invoice.issuer_id == issuer.issuer_id, sent, issued)
    else:
        found = select(Payment.invoice_id).where(Payment.issuer_id == issuer.issuer_id, paid_in(issuer, span))
    some = found.limit(most + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) > most


def _concerned(issuer: Issuer, span: Period, basis: Basis) -> ColumnElement[bool]:
    went_back = select(Refund.invoice_id).where(
        Refund.issuer_id == issuer.issuer_id,
        Refund.status.in_(IN_FORCE),
        happened(Refund.created_at, issuer, span),
    )
    ours = Invoice.issuer_id == issuer.issuer_id
    sent = Invoice.status == InvoiceStatus.SENT
    if basis is Basis.ACCRUAL:
        credited = went_back.where(Refund.credited > 0)
        issued = Invoice.issued_date.between(span.first, span.last)
        return ours & sent & or_(issued, Invoice.invoice_id.in_(credited))
    came = select(Payment.invoice_id).where(Payment.issuer_id == issuer.issuer_id, paid_in(issuer, span))
    lost = select(Dispute.invoice_id).where(
        Dispute.state == DisputeState.LOST, happened(Dispute.updated_at, issuer, span)
    )
    moved = Invoice.invoice_id.in_(union(came, went_back, lost))
    # What the host had cancelled before it came in has no such instant: all its money is the customer's own.
    void = Invoice.voided_at.is_not(None)
    return ours & or_(and_(or_(sent, void), moved), happened(Invoice.voided_at, issuer, span))


def _happenings(ids: Select[int]) -> list[Executable]:
    """Return all that happened to these invoices, at any time: shares rest on what was before."""
    paid = select(
        Payment.invoice_id, Payment.amount, Payment.paid_on, Payment.received_at, Payment.receipt_number,
        Payment.channel,
    ).where(Payment.invoice_id.in_(ids))  # fmt: skip
    back = select(
        Refund.invoice_id,
        Refund.amount,
        Refund.credited,
        Refund.credited_before,
        Refund.created_at,
        Refund.credit_note,
        Refund.refund_id,
    ).where(Refund.invoice_id.in_(ids), Refund.status.in_(IN_FORCE))
    lost = select(Dispute.invoice_id, Dispute.amount, Dispute.updated_at, Dispute.dispute_id).where(
        Dispute.invoice_id.in_(ids), Dispute.state == DisputeState.LOST
    )
    return [
        paid.order_by(Payment.invoice_id, Payment.payment_id),
        back.order_by(Refund.invoice_id, Refund.refund_id),
        lost.order_by(Dispute.invoice_id, Dispute.dispute_id),
    ]


def _beside_the_tax() -> Label[int]:
    """Return how much of an invoice is no supply that the tax is about: no sale, of which G1 is the total."""
    found = select(func.coalesce(func.sum(InvoiceLine.amount), 0)).where(
        InvoiceLine.invoice_id == Invoice.invoice_id, InvoiceLine.tax_category.in_(BESIDE_THE_TAX)
    )
    return found.scalar_subquery().label("beside")


def _charge(issuer: Issuer, invoice: Any) -> Charge:
    sales = invoice.total - int(invoice.beside)  # SUM of a BIGINT is a Decimal on PostgreSQL
    if invoice.currency == (home := home_of(issuer)):
        return Charge(invoice.issued_date, invoice.total, sales, invoice.tax_amount)
    if not sales and not invoice.tax_amount:
        return Charge(invoice.issued_date, invoice.total, 0, 0)
    if home != "AUD" or not invoice.tax_aud or not invoice.tax_amount:
        return Charge(invoice.issued_date, invoice.total, None, None)
    # The invoice says its GST in dollars; by the same rate its price is so much.
    dollars = share(invoice.tax_aud, sales, invoice.tax_amount)
    return Charge(invoice.issued_date, invoice.total, dollars, invoice.tax_aud)


def _payments(issuer: Issuer, found: Iterable[Any]) -> Iterator[Event]:
    for one in found:
        day: date = one.paid_on or local_date(issuer, one.received_at)
        yield Event(day, Kind.PAYMENT, one.amount, f"R-{one.receipt_number:06d}")


def _refunds(issuer: Issuer, found: Iterable[Any]) -> Iterator[Event]:
    for one in found:
        named = f"CN-{one.credit_note:06d}" if one.credit_note else f"refund {one.refund_id}"
        day = local_date(issuer, one.created_at)
        yield Event(day, Kind.REFUND, one.amount, named, one.credited, one.credited_before or 0)


def _chargebacks(issuer: Issuer, found: Iterable[Any]) -> Iterator[Event]:
    for one in found:
        yield Event(local_date(issuer, one.updated_at), Kind.CHARGEBACK, one.amount, one.dispute_id)
