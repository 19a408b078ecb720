"""Writing a checked file: new invoices in, known ones compared, nothing silently rewritten."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from paymail.clock import new_payment_token
from paymail.errors import Conflict
from paymail.models import (
    PAYMENT_MOVES,
    STATUS_MOVES,
    Customer,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Issuer,
    Payment,
    PaymentAttempt,
    check_move,
)
from paymail.services.core import history
from paymail.services.imports.faults import Fault, ImportRefused, Report
from paymail.services.imports.parser import HostInvoice, Parsed
from paymail.services.links import pay_links

Progress = Callable[[int, int], None]


def import_invoices(
    session: Session,
    *,
    parsed: Parsed,
    issuer_id: int,
    actor: str,
    now: datetime,
    skip_bad: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Report:
    """Write what is new in `parsed`. The same file again changes nothing.

    Raises ImportRefused, with every fault, unless `skip_bad`.
    """
    known = _known(session, parsed)
    faults, changes = _compare(session, parsed, known, issuer_id)
    all_faults = tuple(sorted([*parsed.faults, *faults]))
    if all_faults and not skip_bad:
        raise ImportRefused(all_faults)
    fresh = [host for host in parsed.invoices if host.invoice_id not in known]
    customers = _customers(session, fresh, issuer_id, now)
    issuer = session.get_one(Issuer, issuer_id)
    for done, host in enumerate(fresh, start=1):
        _create(session, host, customers[host.customer_name, host.customer_email], issuer, now)
        progress(done, len(fresh))
    session.flush()  # the events point at the invoices, and no relationship tells the ORM their order
    for host in fresh:
        history.record(session, invoice_id=host.invoice_id, kind="imported", actor=actor, now=now)
    for invoice, host in changes:
        _take_over(session, invoice, host, actor, now)
    session.flush()
    skipped = parsed.faulty + len({fault.line for fault in faults})
    return Report(
        invoices=len(parsed.invoices) + parsed.faulty,
        rows=parsed.rows,
        created=len(fresh),
        updated=len(changes),
        unchanged=len(parsed.invoices) - len(fresh) - len(changes) - len({f.line for f in faults}),
        skipped=skipped,
        faults=all_faults,
    )


def _known(session: Session, parsed: Parsed) -> dict[int, Invoice]:
    known: dict[int, Invoice] = {}
    ids = [host.invoice_id for host in parsed.invoices]
    for start in range(0, len(ids), 500):
        statement = select(Invoice).where(Invoice.invoice_id.in_(ids[start : start + 500]))
        statement = statement.options(selectinload(Invoice.lines), selectinload(Invoice.customer))
        known.update((invoice.invoice_id, invoice) for invoice in session.scalars(statement))
    return known


def _compare(
    session: Session, parsed: Parsed, known: dict[int, Invoice], issuer_id: int
) -> tuple[list[Fault], list[tuple[Invoice, HostInvoice]]]:
    faults: list[Fault] = []
    changes: list[tuple[Invoice, HostInvoice]] = []
    for host in parsed.invoices:
        invoice = known.get(host.invoice_id)
        if invoice is None or (invoice.import_digest == host.digest and invoice.issuer_id == issuer_id):
            continue
        if invoice.customer.erased_at is not None and invoice.issuer_id == issuer_id:
            continue  # what the host still says about an erased person stays out
        column, reason = _objection(session, invoice, host, issuer_id)
        if reason:
            faults.append(Fault(host.at, column, f"invoice {host.invoice_id}: {reason}"))
        else:
            changes.append((invoice, host))
    return faults, changes


def _objection(session: Session, invoice: Invoice, host: HostInvoice, issuer_id: int) -> tuple[str, str]:
    """Return column and reason why the file's version cannot be taken over, or empty texts."""
    if invoice.issuer_id != issuer_id:
        return "invoice_id", "belongs to another issuer"
    for column, ours, theirs in _content(invoice, host):
        if ours != theirs and not (column == "customer_email" and invoice.customer.host_email):
            return column, f"is {ours} here and {theirs} in the file; imported invoices cannot be changed"
    if _money_of_ours(session, invoice.invoice_id) and host.paid != invoice.amount_paid:
        return "amount_paid", "differs, but paymail has recorded payments for this invoice"
    try:
        if host.status is not invoice.status:
            check_move(STATUS_MOVES, invoice.status, host.status)
        if host.payment_status is not invoice.payment_status:
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


def _money_of_ours(session: Session, invoice_id: int) -> bool:
    paid = select(Payment.payment_id).where(Payment.invoice_id == invoice_id).limit(1)
    tried = select(PaymentAttempt.attempt_id).where(PaymentAttempt.invoice_id == invoice_id).limit(1)
    return session.scalar(paid) is not None or session.scalar(tried) is not None


def _customers(
    session: Session, fresh: list[HostInvoice], issuer_id: int, now: datetime
) -> dict[tuple[str, str], Customer]:
    found = {
        (customer.name, customer.email): customer
        for customer in session.scalars(select(Customer).where(Customer.issuer_id == issuer_id))
    }
    for host in fresh:
        key = (host.customer_name, host.customer_email)
        if key not in found:
            found[key] = Customer(issuer_id=issuer_id, name=key[0], email=key[1], created_at=now)
            session.add(found[key])
    session.flush()
    return found


def _create(session: Session, host: HostInvoice, customer: Customer, issuer: Issuer, now: datetime) -> None:
    invoice = Invoice(
        invoice_id=host.invoice_id,
        number=str(host.invoice_id),
        issuer_id=issuer.issuer_id,
        customer_id=customer.customer_id,
        currency=host.currency,
        subtotal=host.subtotal,
        tax_rate=host.tax_rate,
        tax_amount=host.tax,
        total=host.total,
        amount_paid=host.paid,
        issued_date=host.issued,
        due_date=host.due,
        status=host.status,
        payment_status=host.payment_status,
        payment_token=new_payment_token(),
        payment_token_expires_at=pay_links.end_of(issuer, due=host.due, now=now),
        import_digest=host.digest,
        reminders_from=now,
        next_reminder_at=now,
        created_at=now,
        updated_at=now,
    )
    invoice.lines = [
        InvoiceLine(
            position=line.position,
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line.amount,
        )
        for line in host.lines
    ]
    session.add(invoice)


def _take_over(session: Session, invoice: Invoice, host: HostInvoice, actor: str, now: datetime) -> None:
    before = f"{invoice.status}/{invoice.payment_status}"
    if invoice.status is InvoiceStatus.DRAFT:
        invoice.reminders_from = now
    invoice.next_reminder_at = now
    invoice.status, invoice.payment_status = host.status, host.payment_status
    invoice.amount_paid, invoice.import_digest, invoice.updated_at = host.paid, host.digest, now
    if invoice.customer.host_email:  # staff know a better one, which stays
        invoice.customer.host_email = host.customer_email
    after = f"{invoice.status}/{invoice.payment_status}"
    detail = f"{before} to {after} by import"
    history.record(
        session, invoice_id=invoice.invoice_id, kind="updated", actor=actor, now=now, detail=detail
    )
