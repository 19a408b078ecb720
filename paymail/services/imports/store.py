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
    has_money_of_ours,
    load_known,
    objection,
)
from paymail.services.imports.faults import MOST_FAULTS, Fault, ImportRefused, Report
from paymail.services.imports.host_file import HostFile, Refused
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.ledger import open_intent
from paymail.services.links import pay_links
from paymail.services.outbox.open_reminders import suppress_open

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
        return found


def _create_all(
    session: Session, hosts: Sequence[HostInvoice], issuer_id: int, actor: str, now: datetime
) -> None:
    if not hosts:
        return
    hosts = sorted(hosts, key=lambda host: host.invoice_id)  # two imports wait for each other in one order
    customers = _customers(session, hosts, issuer_id, now)
    issuer = session.get_one(Issuer, issuer_id)
    for host in hosts:
        session.add(_invoice(host, customers[host.customer_name, host.customer_email], issuer, now))
    session.flush()  # the events point at the invoices, and no relationship tells the ORM their order
    for host in hosts:
        history.record(session, invoice_id=host.invoice_id, kind="imported", actor=actor, now=now)


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
        amount_paid=host.paid,
        issued_date=host.issued,
        due_date=host.due,
        status=host.status,
        payment_status=host.payment_status,
        payment_token=host.payment_token or new_payment_token(),
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
    return invoice


def take_over(session: Session, found: Comparison, issuer_id: int, actor: str, now: datetime) -> None:
    """Take over what changed, under each invoice's lock: a payment may have come since it was compared."""
    if not found.changed:
        return
    invoices = load_known(session, [host.invoice_id for host in found.changed], lock=True)
    for host in list(found.changed):
        invoice = invoices[host.invoice_id]
        if fault := objection(session, invoice, host, issuer_id):
            found.changed.remove(host)
            found.faults.append(fault)
        else:
            _take_over(session, invoice, host, actor, now)


def _take_over(session: Session, invoice: Invoice, host: HostInvoice, actor: str, now: datetime) -> None:
    before = f"{invoice.status}/{invoice.payment_status}"
    was_owed = invoice.owed
    if invoice.status is InvoiceStatus.DRAFT:
        invoice.reminders_from = now
    invoice.next_reminder_at = now
    invoice.status = host.status
    if not has_money_of_ours(session, invoice.invoice_id):
        invoice.payment_status, invoice.amount_paid = host.payment_status, host.paid
    invoice.import_digest, invoice.updated_at = host.digest, now
    if invoice.customer.host_email:  # staff know a better one, which stays
        invoice.customer.host_email = host.customer_email
    after = f"{invoice.status}/{invoice.payment_status}"
    detail = f"{before} to {after} by import"
    history.record(
        session, invoice_id=invoice.invoice_id, kind="updated", actor=actor, now=now, detail=detail
    )
    if invoice.status is InvoiceStatus.VOID or (was_owed and not invoice.owed):
        _withdraw(session, invoice, now)


def _withdraw(session: Session, invoice: Invoice, now: datetime) -> None:
    """Take back what asks for money that is not owed any more: reminders, and what is open in a browser."""
    reason = "voided by import" if invoice.status is InvoiceStatus.VOID else "paid by import"
    suppress_open(session, invoice_id=invoice.invoice_id, reason=reason, now=now)
    open_intent.mark_for_cancellation(session, invoice_id=invoice.invoice_id, now=now)
