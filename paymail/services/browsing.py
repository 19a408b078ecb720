"""What staff pages and the CLI list."""

from dataclasses import dataclass

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from paymail.models import Customer, Invoice, Message
from paymail.services.composing import load_invoice

PAGE = 50


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """One page of a list, newest first."""

    rows: list[Invoice]
    page: int
    pages: int
    total: int


def invoices(session: Session, *, find: str = "", page: int = 1) -> InvoicePage:
    """Return a page of invoices whose number or customer contains `find`."""
    base = select(Invoice).join(Invoice.customer)
    if find:
        base = base.where(
            or_(
                cast(Invoice.number, String) == find,
                Customer.name.icontains(find, autoescape=True),
                Invoice.payment_status == find,
                Invoice.status == find,
            )
        )
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    rows = base.options(contains_eager(Invoice.customer)).order_by(Invoice.invoice_id.desc())
    found = list(session.scalars(rows.limit(PAGE).offset((page - 1) * PAGE)))
    return InvoicePage(found, page, max(-(-total // PAGE), 1), total)


def invoice(session: Session, *, invoice_id: int) -> Invoice:
    """Return one invoice with all it has. Raises NoSuchInvoice."""
    return load_invoice(session, invoice_id=invoice_id)


def messages(session: Session, *, invoice_id: int | None = None, limit: int = 100) -> list[Message]:
    """Return messages, newest first, of one invoice or of all."""
    statement = select(Message).order_by(Message.message_id.desc()).limit(limit)
    if invoice_id is not None:
        statement = statement.where(Message.invoice_id == invoice_id)
    return list(session.scalars(statement))
