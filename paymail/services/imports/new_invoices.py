"""Writing the new invoices of a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from paymail.clock import new_payment_token
from paymail.models import Customer, Invoice, InvoiceLine, Issuer
from paymail.services.core import history
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.ledger import entries
from paymail.services.links import pay_links
from paymail.services.payments import host_payments


def create(
    session: Session,
    hosts: Sequence[tuple[HostInvoice, Customer]],
    ids: Sequence[int],
    *,
    issuer_id: int,
    import_id: int | None,
    actor: str,
    now: datetime,
) -> None:
    """Write invoices with their customers under these ids, and what they were paid before as payments."""
    issuer = session.get_one(Issuer, issuer_id)
    made = [
        _invoice(host, invoice_id, customer, issuer, now)
        for (host, customer), invoice_id in zip(hosts, ids, strict=True)
    ]
    for invoice in made:
        invoice.import_id = import_id
    made.sort(key=lambda invoice: invoice.invoice_id)
    session.add_all(made)
    session.flush()  # the rest points at the invoices, and no relationship tells the ORM their order
    lines = [
        {"invoice_id": invoice_id, **values}
        for (host, _customer), invoice_id in zip(hosts, ids, strict=True)
        for values in _line_values(host)
    ]
    if lines:
        session.execute(insert(InvoiceLine), lines)
    events = [history.Event(invoice.invoice_id, "imported", "") for invoice in made]
    history.record_all(session, events, actor=actor, now=now)
    host_payments.enter_first(session, invoices=made, actor=actor, now=now)


def lines_of(host: HostInvoice) -> list[InvoiceLine]:
    """Return the lines of an invoice as rows."""
    return [InvoiceLine(**values) for values in _line_values(host)]


def _line_values(host: HostInvoice) -> Iterator[dict[str, Any]]:
    for line in host.lines:
        yield {
            "position": line.position,
            "description": line.description,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "amount": line.amount,
            "tax_rate": line.tax_rate,
            "tax_category": line.tax_category,
        }


def _invoice(
    host: HostInvoice, invoice_id: int, customer: Customer, issuer: Issuer, now: datetime
) -> Invoice:
    invoice = Invoice(
        invoice_id=invoice_id,
        number=host.number,
        external_ref=host.external_ref or None,
        issuer=issuer,
        customer=customer,
        currency=host.currency,
        subtotal=host.subtotal,
        tax_rate=host.tax_rate,
        tax_amount=host.tax,
        total=host.total,
        rounding_difference=host.rounding_difference,
        issued_date=host.issued,
        due_date=host.due,
        tax_aud=host.tax_amount_aud or 0,
        purchase_order=host.purchase_order or "",
        terms=host.terms or "",
        notes=host.notes or "",
        host_metadata=host.metadata or "",
        status=host.status,
        payment_token=host.payment_token or new_payment_token(),
        payment_token_expires_at=pay_links.end_of(issuer, due=host.due, now=now),
        import_digest=host.digest,
        reminders_from=now,
        next_reminder_at=now,
        created_at=now,
        updated_at=now,
    )
    entries.open_books(invoice, received=host.paid)
    return invoice
