"""What of a checked file is new, what is changed and may be taken over, and what may not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from paymail.errors import Conflict
from paymail.models import (
    PAYMENT_MOVES,
    STATUS_MOVES,
    Invoice,
    InvoiceStatus,
    Payment,
    PaymentAttempt,
    PaymentStatus,
    check_move,
)
from paymail.services.imports.faults import Fault
from paymail.services.imports.given_tokens import token_faults
from paymail.services.imports.invoice_check import HostInvoice


@dataclass(slots=True)
class Comparison:
    """What there is to do about some invoices of a file."""

    fresh: list[HostInvoice] = field(default_factory=list)
    changed: list[HostInvoice] = field(default_factory=list)
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)


def compare(session: Session, hosts: Sequence[HostInvoice], *, issuer_id: int) -> Comparison:
    """Compare checked invoices with those that paymail knows, without a lock."""
    known = load_known(session, [host.invoice_id for host in hosts])
    found = Comparison()
    tokens = token_faults(session, hosts, known)
    for host in hosts:
        invoice = known.get(host.invoice_id)
        if host.at in tokens:
            found.faults.append(tokens[host.at])
        elif invoice is None:
            found.fresh.append(host)
        elif _nothing_new(session, invoice, host, issuer_id):
            found.unchanged += 1
        elif fault := objection(session, invoice, host, issuer_id):
            found.faults.append(fault)
        else:
            found.changed.append(host)
    return found


def load_known(session: Session, ids: Iterable[int], *, lock: bool = False) -> dict[int, Invoice]:
    """Return those invoices that are here, locked in the order of their numbers if asked for."""
    statement = select(Invoice).where(Invoice.invoice_id.in_(list(ids))).order_by(Invoice.invoice_id)
    statement = statement.options(selectinload(Invoice.lines), selectinload(Invoice.customer))
    if lock:
        statement = statement.with_for_update(of=Invoice).execution_options(populate_existing=True)
    return {invoice.invoice_id: invoice for invoice in session.scalars(statement)}


def objection(session: Session, invoice: Invoice, host: HostInvoice, issuer_id: int) -> Fault | None:
    """Return why the file's version cannot be taken over, if it cannot."""
    column, reason = _objection(session, invoice, host, issuer_id)
    return Fault(host.at, column, f"invoice {host.invoice_id}: {reason}") if reason else None


def has_money_of_ours(session: Session, invoice_id: int) -> bool:
    """Return whether paymail saw a payment, or the beginning of one: then the host's word does not count."""
    paid = select(Payment.payment_id).where(Payment.invoice_id == invoice_id).limit(1)
    tried = select(PaymentAttempt.attempt_id).where(PaymentAttempt.invoice_id == invoice_id).limit(1)
    return session.scalar(paid) is not None or session.scalar(tried) is not None


def _nothing_new(session: Session, invoice: Invoice, host: HostInvoice, issuer_id: int) -> bool:
    if invoice.issuer_id != issuer_id:
        return False
    if invoice.import_digest == host.digest or invoice.customer.erased_at is not None:
        return True  # what the host still says about an erased person stays out
    # Equal means equal values: what Excel saved again says `10` for `10.00`.
    same = all(ours == theirs for _column, ours, theirs in _content(invoice, host))
    if not same or host.status is not invoice.status or host.paid != invoice.amount_paid:
        return False
    return host.payment_status is invoice.payment_status or has_money_of_ours(session, invoice.invoice_id)


def _objection(session: Session, invoice: Invoice, host: HostInvoice, issuer_id: int) -> tuple[str, str]:
    """Return column and reason, or empty texts."""
    if invoice.issuer_id != issuer_id:
        return "invoice_id", "belongs to another issuer"
    for column, ours, theirs in _content(invoice, host):
        if ours != theirs and not (column == "customer_email" and invoice.customer.host_email):
            return column, f"is {ours} here and {theirs} in the file; imported invoices cannot be changed"
    ours_alone = has_money_of_ours(session, invoice.invoice_id)
    if ours_alone and host.paid != invoice.amount_paid:
        return "amount_paid", "differs, but paymail has recorded payments for this invoice"
    if host.status is InvoiceStatus.VOID and invoice.payment_status is PaymentStatus.PROCESSING:
        return "status", "cannot be voided while a payment is clearing"
    try:
        if host.status is not invoice.status:
            check_move(STATUS_MOVES, invoice.status, host.status)
        if not ours_alone and host.payment_status is not invoice.payment_status:
            check_move(PAYMENT_MOVES, invoice.payment_status, host.payment_status)
    except Conflict as error:
        return "status", str(error)
    return "", ""


def _content(invoice: Invoice, host: HostInvoice) -> list[tuple[str, object, object]]:
    ours = [(x.position, x.description, x.quantity, x.unit_price, x.amount) for x in invoice.lines]
    theirs = [(x.position, x.description, x.quantity, x.unit_price, x.amount) for x in host.lines]
    return [
        ("customer_name", invoice.customer.name, host.customer_name),
        ("customer_email", invoice.customer.email, host.customer_email),
        ("currency", invoice.currency, host.currency),
        ("issued_date", invoice.issued_date, host.issued),
        ("due_date", invoice.due_date, host.due),
        ("subtotal", invoice.subtotal, host.subtotal),
        ("tax_rate", invoice.tax_rate, host.tax_rate),
        ("tax_amount", invoice.tax_amount, host.tax),
        ("total", invoice.total, host.total),
        ("line", ours, theirs),
    ]
