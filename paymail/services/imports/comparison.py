"""What of a checked file is new, what is changed and may be taken over, and what may not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from paymail.errors import Conflict
from paymail.models import STATUS_MOVES, Invoice, InvoiceStatus, PaymentStatus, check_move
from paymail.money import Money
from paymail.services.imports.faults import Fault
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.payments import adjustments, host_payments


@dataclass(slots=True)
class Comparison:
    """What there is to do about some invoices of a file."""

    fresh: list[HostInvoice] = field(default_factory=list)
    changed: list[HostInvoice] = field(default_factory=list)
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    not_voided: list[HostInvoice] = field(default_factory=list)
    """Those among the faults that the host wants void while money has arrived or is clearing."""


def compare(session: Session, hosts: Sequence[HostInvoice], *, issuer_id: int) -> Comparison:
    """Compare checked invoices with those that paymail knows, without a lock."""
    known = load_known(session, [host.invoice_id for host in hosts])
    found = Comparison()
    for host in hosts:
        invoice = known.get(host.invoice_id)
        if invoice is None:
            found.fresh.append(host)
        elif _nothing_new(invoice, host, issuer_id):
            found.unchanged += 1
        elif fault := objection(invoice, host, issuer_id):
            refuse(found, invoice, host, fault)
        else:
            found.changed.append(host)
    return found


def refuse(found: Comparison, invoice: Invoice, host: HostInvoice, fault: Fault) -> None:
    """Keep why the file's version stays out."""
    found.faults.append(fault)
    if _is_void_against_money(invoice, host):
        found.not_voided.append(host)


def load_known(session: Session, ids: Iterable[int], *, lock: bool = False) -> dict[int, Invoice]:
    """Return those invoices that are here, locked in the order of their numbers if asked for."""
    statement = select(Invoice).where(Invoice.invoice_id.in_(list(ids))).order_by(Invoice.invoice_id)
    statement = statement.options(
        selectinload(Invoice.lines), joinedload(Invoice.customer), joinedload(Invoice.issuer)
    )
    if lock:
        statement = statement.with_for_update(of=Invoice, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    return {invoice.invoice_id: invoice for invoice in session.scalars(statement)}


def objection(invoice: Invoice, host: HostInvoice, issuer_id: int) -> Fault | None:
    """Return why the file's version cannot be taken over, if it cannot."""
    column, reason = _objection(invoice, host, issuer_id)
    return Fault(host.at, column, f"invoice {host.invoice_id}: {reason}") if reason else None


def _nothing_new(invoice: Invoice, host: HostInvoice, issuer_id: int) -> bool:
    if invoice.issuer_id != issuer_id:
        return False
    if invoice.import_digest == host.digest or invoice.customer.erased_at is not None:
        return True  # what the host still says about an erased person stays out
    # Equal means equal values: what Excel saved again says `10` for `10.00`. And of money only what paymail
    # does not know of is news: its words for the state, and less, are an echo or old.
    same = all(ours == theirs for _column, ours, theirs in _content(invoice, host))
    return same and host.status is invoice.status and not _new_money(invoice, host)


def _new_money(invoice: Invoice, host: HostInvoice) -> int:
    return host_payments.unknown_part(invoice, known_to_host=host.paid)


def _is_void_against_money(invoice: Invoice, host: HostInvoice) -> bool:
    wanted = host.status is InvoiceStatus.VOID and invoice.status is not InvoiceStatus.VOID
    return wanted and adjustments.has_money(invoice)


def _objection(invoice: Invoice, host: HostInvoice, issuer_id: int) -> tuple[str, str]:
    """Return column and reason, or empty texts."""
    if invoice.issuer_id != issuer_id:
        return "invoice_id", "belongs to another issuer"
    for column, ours, theirs in _content(invoice, host):
        if ours != theirs and not (column == "customer_email" and invoice.customer.host_email):
            return column, f"is {ours} here and {theirs} in the file; imported invoices cannot be changed"
    if _is_void_against_money(invoice, host):
        return "status", "cannot be voided: a payment has been received or is clearing; refund it first"
    if reason := _money_objection(invoice, host):
        return "amount_paid", reason
    try:
        if host.status is not invoice.status:
            check_move(STATUS_MOVES, invoice.status, host.status)
    except Conflict as error:
        return "status", str(error)
    return "", ""


def _money_objection(invoice: Invoice, host: HostInvoice) -> str:
    """Return why money that paymail does not know of cannot be entered; empty if it can."""
    if not _new_money(invoice, host):
        return ""
    given, known = Money(host.paid, host.currency), Money(invoice.amount_paid, invoice.currency)
    if invoice.payment_status is PaymentStatus.PROCESSING:
        # It may be the money that clears here: entered now, it would count twice.
        return f"is {given} and {known} here, while a payment is clearing; import again when it has ended"
    if host.status is InvoiceStatus.VOID:
        return f"is {given} and {known} here, but the invoice is to be void"
    return ""


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
