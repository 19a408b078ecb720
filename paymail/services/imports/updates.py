"""Taking over what a host has changed about invoices and customers that are here already."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from paymail.models import Customer, Invoice, InvoiceLine, InvoiceStatus
from paymail.services.core import history
from paymail.services.core.customers import CustomerErased
from paymail.services.customers import addresses, contacts
from paymail.services.imports import host_customers
from paymail.services.imports.comparison import OPTIONAL
from paymail.services.imports.faults import hidden
from paymail.services.imports.host_customers import HostParty
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.ledger import entries
from paymail.services.links import pay_links
from paymail.services.outbox import notices
from paymail.services.payments import adjustments, host_payments

Changes = Mapping[str, tuple[str, str]]
LONGEST_SHOWN = 60


def update_customer(
    session: Session, customer: Customer, host: HostParty, *, actor: str, now: datetime
) -> None:
    """Take over what the host says of a customer. Unsent mail goes to a new address.

    Raises, before anything is written, AddressTaken: two customers of an issuer cannot have the same name and
    address; and CustomerErased.
    """
    changed = host_customers.changed_fields(customer, host)
    address = host_customers.new_address(customer, host)
    if changed or address is not None:
        _check_free(session, customer, host.customer_name, address or customer.email)
    for column, (_before, after) in changed.items():
        setattr(customer, column, after)
    if changed.keys() - {"external_ref"}:
        session.flush()
        for invoice_id in addresses.invoices_concerned(session, customer.customer_id)[1]:
            pay_links.write_waiting_afresh(session, invoice_id=invoice_id)
    if address is not None:
        addresses.take_hosts_address(
            session, customer_id=customer.customer_id, address=address, actor=actor, now=now
        )
    given, wanted = host_customers.further_addresses(customer, host)
    if given != wanted:
        contacts.take_over(session, found=customer, emails=host.more_emails or (), actor=actor, now=now)


def _check_free(session: Session, customer: Customer, name: str, address: str) -> None:
    """Raise what the change of an address would raise, before a name is written. Locks the customer."""
    if addresses.customer(session, customer_id=customer.customer_id, lock=True).erased_at is not None:
        raise CustomerErased(f"the data of customer {customer.customer_id} has been erased")
    addresses.refuse_twin(session, customer, name=name, address=address)


def enter_money(session: Session, invoice: Invoice, host: HostInvoice, *, actor: str, now: datetime) -> None:
    """Enter what the host was paid, under the invoice's lock, and nothing else that it says."""
    host_payments.enter(session, invoice=invoice, known_to_host=host.paid, actor=actor, now=now)


def update_invoice(
    session: Session,
    invoice: Invoice,
    host: HostInvoice,
    *,
    changes: Changes,
    customer: Customer,
    lines: list[InvoiceLine],
    actor: str,
    now: datetime,
) -> None:
    """Take over what the host says of an invoice, under its lock.

    `customer` and `lines` are a draft's new ones.
    """
    invoice.import_digest, invoice.updated_at, invoice.next_reminder_at = host.digest, now, now
    if host.status is InvoiceStatus.VOID and invoice.status is not InvoiceStatus.VOID:
        adjustments.void(
            session, invoice_id=invoice.invoice_id, reason="voided by import", actor=actor, now=now
        )
        return
    _note(session, invoice, changes, actor, now)
    if invoice.status is InvoiceStatus.DRAFT:
        _rewrite(session, invoice, host, customer, lines)
        invoice.reminders_from = now
        if host.status is InvoiceStatus.SENT:
            pay_links.keep_alive(session, invoice=invoice, now=now)
    if invoice.status is not InvoiceStatus.VOID:
        _set_due_date(invoice, host, now)
        for column, attribute in OPTIONAL.items():
            if column in changes:
                setattr(invoice, attribute, getattr(host, column))
        invoice.external_ref = host.external_ref or invoice.external_ref
        invoice.status = host.status
    session.flush()
    enter_money(session, invoice, host, actor=actor, now=now)
    if {"due_date", "customer_name", *OPTIONAL} & changes.keys():
        pay_links.write_waiting_afresh(session, invoice_id=invoice.invoice_id)


def _set_due_date(invoice: Invoice, host: HostInvoice, now: datetime) -> None:
    """The link lives on with a later date; one that customers hold never ends sooner than it said.

    The parts of a payment plan keep their own dates, and reminders follow those.
    """
    if invoice.due_date == host.due:
        return
    invoice.due_date = host.due
    end = pay_links.end_of(invoice.issuer, due=host.due, now=now)
    present = invoice.payment_token_expires_at
    if invoice.payment_token is not None and present is not None:
        invoice.payment_token_expires_at = max(present, end) if end is not None else None


def _rewrite(
    session: Session, invoice: Invoice, host: HostInvoice, customer: Customer, lines: list[InvoiceLine]
) -> None:
    """A draft was never shown to anybody: all of it may change."""
    replace_lines(session, invoice, lines)
    invoice.customer, invoice.number = customer, host.number
    invoice.currency, invoice.issued_date = host.currency, host.issued
    invoice.subtotal, invoice.tax_rate, invoice.tax_amount = host.subtotal, host.tax_rate, host.tax
    invoice.total, invoice.rounding_difference = host.total, host.rounding_difference
    session.flush()
    entries.update_status(session, invoice=invoice, now=invoice.updated_at)


def replace_lines(session: Session, invoice: Invoice, lines: list[InvoiceLine]) -> None:
    """Give a draft other lines, under its lock."""
    for line in invoice.lines:
        session.expunge(line)
    session.execute(delete(InvoiceLine).where(InvoiceLine.invoice_id == invoice.invoice_id))
    set_committed_value(invoice, "lines", [])
    invoice.lines = lines


def _note(session: Session, invoice: Invoice, changes: Changes, actor: str, now: datetime) -> None:
    history.record(
        session,
        invoice_id=invoice.invoice_id,
        kind="updated",
        actor=actor,
        now=now,
        detail="; ".join(_said(column, *change) for column, change in changes.items()),
        # A name, an order or a note may say who the customer is.
        quotes_customer=not changes.keys() <= {"status", "due_date", "amount_paid"},
    )


def _said(column: str, before: str, after: str) -> str:
    if column == "line":
        return "lines rewritten"
    return f"{column} {from_to(before, after)}"


def from_to(before: str, after: str) -> str:
    """Return a change for people: both values clipped, on one line and without a link's token."""
    return f"from {_short(before)} to {_short(after)}"


def _short(value: str) -> str:
    plain = hidden(" ".join(value.split()))
    clipped = plain if len(plain) <= LONGEST_SHOWN else f"{plain[:LONGEST_SHOWN]}…"
    return clipped or "(none)"


def tell_of_void(session: Session, invoice: Invoice, now: datetime) -> None:
    """An invoice that the host gave up and somebody pays needs a person: its money may have to go back."""
    notices.tell_staff(
        session,
        invoice_id=invoice.invoice_id,
        about="host_void",
        key=invoice.invoice_id,
        headline="Your system voids an invoice that has been paid or is being paid",
        detail=f"Your system says that invoice {invoice.number} is void, but a payment has been received"
        " or is clearing, here or by its own account, so it stays as it is here. Refund the payment, then"
        " void the invoice.",
        now=now,
    )
