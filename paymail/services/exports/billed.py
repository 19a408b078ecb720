"""What accounting systems are given: the invoices issued in a period, and the money that moved in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import (
    IN_FORCE,
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
from paymail.money import to_decimal
from paymail.services.core.invoices import local_date
from paymail.services.exports.period import Period, happened, paid_in
from paymail.services.exports.side_by_side import Beside, stream
from paymail.tax import LineTax, line_tax, tax_minor, tax_totals


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One line; `amount` and `tax` in major units, without and of tax."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    tax: Decimal
    taxed: LineTax


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice; amounts in major units of its currency. `paid`: what arrived and stayed."""

    number: str
    customer: str
    email: str
    address: tuple[str, ...]
    currency: str
    issued: date
    due: date
    order: str
    total: Decimal
    tax: Decimal
    paid: Decimal
    lines: tuple[BilledLine, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """Money that came, or went back (below zero), in major units."""

    day: date
    amount: Decimal
    currency: str
    number: str
    customer: str
    receipt: str
    method: str
    reference: str


def billed(session: Session, *, issuer: Issuer, span: Period) -> Iterator[Billed]:
    """Yield the invoices that were issued in the period, without drafts and void ones. Two statements."""
    ours = (
        (Invoice.issuer_id == issuer.issuer_id)
        & (Invoice.status == InvoiceStatus.SENT)
        & Invoice.issued_date.between(span.first, span.last)
    )
    ids = select(Invoice.invoice_id).where(ours)
    columns = [
        Invoice.invoice_id, Invoice.number, Invoice.currency, Invoice.issued_date, Invoice.due_date,
        Invoice.purchase_order, Invoice.subtotal, Invoice.total, Invoice.tax_amount, Invoice.tax_rate,
        Invoice.amount_paid, Invoice.amount_refunded, Invoice.amount_charged_back,
        Customer.name, Customer.email, Customer.address,
    ]  # fmt: skip
    invoices = select(*columns).join(Customer, Customer.customer_id == Invoice.customer_id).where(ours)
    of_a_line = [
        InvoiceLine.invoice_id, InvoiceLine.description, InvoiceLine.quantity, InvoiceLine.unit_price,
        InvoiceLine.amount, InvoiceLine.tax_rate, InvoiceLine.tax_category,
    ]  # fmt: skip
    lines = select(*of_a_line).where(InvoiceLine.invoice_id.in_(ids))
    beside = Beside(stream(session, lines.order_by(InvoiceLine.invoice_id, InvoiceLine.position)))
    for row in stream(session, invoices.order_by(Invoice.invoice_id)):
        yield _billed(row, beside.of(row.invoice_id))


def _billed(row: Any, lines: list[Any]) -> Billed:
    def major(minor: int) -> Decimal:
        return to_decimal(minor, row.currency)

    taxed = [line_tax(one.tax_rate, one.tax_category, row.tax_rate) for one in lines]
    taxes = line_taxes(list(zip(taxed, (one.amount for one in lines), strict=True)), row)
    return Billed(
        row.number, row.name, row.email, tuple(filter(None, row.address.splitlines())), row.currency,
        row.issued_date, row.due_date, row.purchase_order, major(row.total), major(row.tax_amount),
        major(min(max(row.amount_paid - row.amount_refunded - row.amount_charged_back, 0), row.total)),
        tuple(
            BilledLine(one.description, one.quantity, one.unit_price, major(one.amount), major(tax), how)
            for one, how, tax in zip(lines, taxed, taxes, strict=True)
        ),
    )  # fmt: skip


def line_taxes(lines: list[tuple[LineTax, int]], invoice: Any) -> list[int]:
    """Return the tax of each line (minor units): together exactly the invoice's, rate by rate."""
    found = [tax_minor(amount, how.rate) for how, amount in lines]
    totals = tax_totals(lines, subtotal=invoice.subtotal, tax=invoice.tax_amount, currency=invoice.currency)
    for total in totals:
        own = [n for n, (how, _) in enumerate(lines) if how == LineTax(total.category, total.rate)]
        largest = max(own, key=lambda n: abs(lines[n][1]))
        found[largest] += total.tax.minor - sum(found[n] for n in own)
    return found


def moved(session: Session, *, issuer: Issuer, span: Period) -> Iterator[Moved]:
    """Yield the payments of the period, then what went back in it. Three statements. Raises BadCalendar."""
    who = [Invoice.number, Customer.name]
    paid = (
        select(
            Payment.amount, Payment.currency, Payment.paid_on, Payment.received_at, Payment.receipt_number,
            Payment.method, Payment.channel, Payment.reference, *who,
        )
        .join(Invoice, Invoice.invoice_id == Payment.invoice_id)
        .join(Customer, Customer.customer_id == Invoice.customer_id)
        .where(Payment.issuer_id == issuer.issuer_id, paid_in(issuer, span))
        .order_by(Payment.payment_id)
    )  # fmt: skip
    for row in stream(session, paid):
        day = row.paid_on or local_date(issuer, row.received_at)
        yield Moved(
            day, to_decimal(row.amount, row.currency), row.currency, row.number, row.name,
            f"R-{row.receipt_number:06d}", row.method or row.channel, row.reference,
        )  # fmt: skip
    yield from _refunded(session, issuer, span)
    yield from _charged_back(session, issuer, span)


def _refunded(session: Session, issuer: Issuer, span: Period) -> Iterator[Moved]:
    who = [Invoice.number, Customer.name]
    back = (
        select(Refund.amount, Refund.currency, Refund.created_at, Refund.credit_note, Refund.channel, *who)
        .join(Invoice, Invoice.invoice_id == Refund.invoice_id)
        .join(Customer, Customer.customer_id == Invoice.customer_id)
        .where(
            Refund.issuer_id == issuer.issuer_id,
            Refund.status.in_(IN_FORCE),
            Refund.amount > 0,
            happened(Refund.created_at, issuer, span),
        )
        .order_by(Refund.refund_id)
    )
    for row in stream(session, back):
        credit = f"CN-{row.credit_note:06d}" if row.credit_note else ""
        yield Moved(
            local_date(issuer, row.created_at), to_decimal(-row.amount, row.currency), row.currency,
            row.number, row.name, credit, row.channel, "refund",
        )  # fmt: skip


def _charged_back(session: Session, issuer: Issuer, span: Period) -> Iterator[Moved]:
    lost = (
        select(
            Dispute.amount,
            Dispute.currency,
            Dispute.updated_at,
            Dispute.dispute_id,
            Invoice.number,
            Customer.name,
        )
        .join(Invoice, Invoice.invoice_id == Dispute.invoice_id)
        .join(Customer, Customer.customer_id == Invoice.customer_id)
        .where(
            Invoice.issuer_id == issuer.issuer_id,
            Dispute.state == DisputeState.LOST,
            happened(Dispute.updated_at, issuer, span),
        )
        .order_by(Dispute.updated_at, Dispute.dispute_id)
    )
    for row in stream(session, lost):
        yield Moved(
            local_date(issuer, row.updated_at), to_decimal(-row.amount, row.currency), row.currency,
            row.number, row.name, row.dispute_id, "chargeback", "chargeback",
        )  # fmt: skip
