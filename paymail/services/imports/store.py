"""Writing a checked file: new invoices in, known ones compared, nothing silently rewritten."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from paymail.clock import new_payment_token
from paymail.db.lock_waits import is_lock_wait
from paymail.models import Customer, Invoice, InvoiceLine, InvoiceStatus, Issuer
from paymail.services.core import history
from paymail.services.core.contexts import Context
from paymail.services.imports.comparison import (
    Comparison,
    compare,
    load_known,
    objection,
    refuse,
)
from paymail.services.imports.faults import MOST_FAULTS, Fault, ImportRefused, Report
from paymail.services.imports.host_file import HostFile, Refused
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.ledger import entries
from paymail.services.links import pay_links
from paymail.services.outbox import notices
from paymail.services.payments import adjustments, host_payments

CHUNK = 100
"""Invoices per transaction: a fraction of a second, in which staff and customers wait on SQLite."""
Progress = Callable[[int, int], None]


def import_invoices(
    context: Context,
    *,
    file: HostFile,
    issuer_id: int,
    actor: str,
    all_or_nothing: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Report:
    """Write what is new in the file, some invoices at a time. The same file again changes nothing.

    A dry run only compares, and `context.transaction` may then be one for reading. With `all_or_nothing`
    the whole file is compared first: raises ImportRefused, with every fault, before anything is written.
    """
    if all_or_nothing and not dry_run:
        faults = _run(context, file, issuer_id, actor=None).faults
        if faults:
            raise ImportRefused(faults)
    return _run(context, file, issuer_id, actor=None if dry_run else actor, progress=progress)


def _run(
    context: Context,
    file: HostFile,
    issuer_id: int,
    *,
    actor: str | None,
    progress: Progress = lambda _done, _of: None,
) -> Report:
    """Compare the whole file and, with an actor, write it."""
    faults: list[Fault] = list(file.faults)
    done = created = updated = unchanged = skipped = 0
    more = False
    for chunk in _chunks(file.checked()):
        refused = [found for found in chunk if isinstance(found, Refused)]
        hosts = [found for found in chunk if isinstance(found, HostInvoice)]
        found = _chunk(context, hosts, issuer_id, actor)
        faults += [fault for invoice in refused for fault in invoice.faults] + found.faults
        more, faults = more or len(faults) > MOST_FAULTS, faults[:MOST_FAULTS]
        created, updated = created + len(found.fresh), updated + len(found.changed)
        unchanged, skipped = unchanged + found.unchanged, skipped + len(refused) + len(found.faults)
        done += len(chunk)
        progress(done, file.invoices)
    return Report(
        invoices=file.invoices,
        rows=file.rows,
        created=created,
        updated=updated,
        unchanged=unchanged,
        skipped=skipped,
        faults=(*sorted(faults), *([_others(file)] if more else [])),
        notes=file.notes,
    )


def _others(file: HostFile) -> Fault:
    return Fault(file.last_line, "", f"there are more than {MOST_FAULTS:,} faults; the others are not listed")


def _chunks(found: Iterable[HostInvoice | Refused]) -> Iterator[Sequence[HostInvoice | Refused]]:
    rest = iter(found)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _chunk(context: Context, hosts: Sequence[HostInvoice], issuer_id: int, actor: str | None) -> Comparison:
    """Compare and, with an actor, write some invoices in one transaction."""
    try:
        return _compare_and_write(context, hosts, issuer_id, actor)
    except DBAPIError as error:
        # Another import brought one of them in meanwhile: it is known now, or its lock is free.
        if not isinstance(error, IntegrityError) and not is_lock_wait(error):
            raise
        return _compare_and_write(context, hosts, issuer_id, actor)


def _compare_and_write(
    context: Context, hosts: Sequence[HostInvoice], issuer_id: int, actor: str | None
) -> Comparison:
    with context.transaction() as session:
        found = compare(session, hosts, issuer_id=issuer_id)
        if actor is not None:
            now = context.now()
            _create_all(session, found.fresh, issuer_id, actor, now)
            take_over(session, found, issuer_id, actor, now)
            _tell_of_voids(session, found.not_voided, now)
        return found


def _create_all(
    session: Session, hosts: Sequence[HostInvoice], issuer_id: int, actor: str, now: datetime
) -> None:
    if not hosts:
        return
    hosts = sorted(hosts, key=lambda host: host.invoice_id)  # two imports wait for each other in one order
    customers = _customers(session, hosts, issuer_id, now)
    issuer = session.get_one(Issuer, issuer_id)
    made = [_invoice(host, customers[host.customer_name, host.customer_email], issuer, now) for host in hosts]
    session.add_all(made)
    session.flush()  # the events point at the invoices, and no relationship tells the ORM their order
    for invoice, host in zip(made, hosts, strict=True):
        history.record(session, invoice_id=invoice.invoice_id, kind="imported", actor=actor, now=now)
        host_payments.enter(session, invoice=invoice, known_to_host=host.paid, actor=actor, now=now)


def _customers(
    session: Session, hosts: Sequence[HostInvoice], issuer_id: int, now: datetime
) -> dict[tuple[str, str], Customer]:
    names = {host.customer_name for host in hosts}
    statement = select(Customer).where(Customer.issuer_id == issuer_id, Customer.name.in_(names))
    found = {(customer.name, customer.email): customer for customer in session.scalars(statement)}
    for host in hosts:
        key = (host.customer_name, host.customer_email)
        if key not in found:
            found[key] = Customer(issuer_id=issuer_id, name=key[0], email=key[1], created_at=now)
            session.add(found[key])
    session.flush()
    return found


def _invoice(host: HostInvoice, customer: Customer, issuer: Issuer, now: datetime) -> Invoice:
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
        issued_date=host.issued,
        due_date=host.due,
        status=host.status,
        payment_token=new_payment_token(),
        payment_token_expires_at=pay_links.end_of(issuer, due=host.due, now=now),
        import_digest=host.digest,
        reminders_from=now,
        next_reminder_at=now,
        created_at=now,
        updated_at=now,
    )
    entries.open_books(invoice)
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
    return invoice


def take_over(session: Session, found: Comparison, issuer_id: int, actor: str, now: datetime) -> None:
    """Take over what changed, under each invoice's lock: a payment may have come since it was compared."""
    if not found.changed:
        return
    invoices = load_known(session, [host.invoice_id for host in found.changed], lock=True)
    for host in list(found.changed):
        invoice = invoices[host.invoice_id]
        if fault := objection(invoice, host, issuer_id):
            found.changed.remove(host)
            refuse(found, invoice, host, fault)
        else:
            _take_over(session, invoice, host, actor, now)


def _take_over(session: Session, invoice: Invoice, host: HostInvoice, actor: str, now: datetime) -> None:
    invoice.import_digest, invoice.updated_at = host.digest, now
    if invoice.customer.host_email:  # staff know a better one, which stays
        invoice.customer.host_email = host.customer_email
    if host.status is InvoiceStatus.VOID and invoice.status is not InvoiceStatus.VOID:
        adjustments.void(
            session, invoice_id=invoice.invoice_id, reason="voided by import", actor=actor, now=now
        )
        return
    before = f"{invoice.status}/{invoice.payment_status}"
    if invoice.status is InvoiceStatus.DRAFT:
        invoice.reminders_from = now
    invoice.next_reminder_at = now
    invoice.status = host.status
    host_payments.enter(session, invoice=invoice, known_to_host=host.paid, actor=actor, now=now)
    detail = f"{before} to {invoice.status}/{invoice.payment_status} by import"
    history.record(
        session, invoice_id=invoice.invoice_id, kind="updated", actor=actor, now=now, detail=detail
    )


def _tell_of_voids(session: Session, hosts: Iterable[HostInvoice], now: datetime) -> None:
    """An invoice that the host gave up and somebody pays needs a person: its money may have to go back."""
    for host in hosts:
        notices.tell_staff(
            session,
            invoice_id=host.invoice_id,
            about="host_void",
            key=host.invoice_id,
            headline="Your system voids an invoice that has been paid or is being paid",
            detail=f"Your system says that invoice {host.invoice_id} is void, but a payment has been received"
            " or is clearing, so it stays as it is here. Refund the payment, then void the invoice.",
            now=now,
        )
