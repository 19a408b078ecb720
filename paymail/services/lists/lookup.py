"""What staff pages and the CLI list."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound
from paymail.models import Channel, Customer, DeliveryAttempt, Invoice, Message, Payment, name_key
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox.reschedule import NoSuchMessage


class NotWrittenYet(Conflict):
    """The message has no bytes yet: no worker has rendered it."""

    code = "not_written_yet"


class NoReceipt(NotFound):
    """No payment of this invoice came through paymail."""

    code = "no_receipt"


def invoices_of(session: Session, *, customer_id: int, limit: int = 500) -> list[Invoice]:
    """Return a customer's invoices, newest first."""
    statement = select(Invoice).where(Invoice.customer_id == customer_id)
    return list(session.scalars(statement.order_by(Invoice.invoice_id.desc()).limit(limit)))


def customers_named(session: Session, *, issuer_id: int, name: str, limit: int = 10) -> list[Customer]:
    """Return an issuer's customers of a name, whatever its case; none that was erased or merged."""
    mine = _customers(issuer_id).where(Customer.name_key == name_key(name))
    return list(session.scalars(mine.order_by(Customer.customer_id).limit(limit)))


def newest_customers(session: Session, *, issuer_id: int, limit: int = 200) -> list[Customer]:
    """Return an issuer's newest customers, to choose from."""
    statement = _customers(issuer_id).order_by(Customer.customer_id.desc()).limit(limit)
    return list(session.scalars(statement))


def _customers(issuer_id: int) -> Select[Customer]:
    return select(Customer).where(
        Customer.issuer_id == issuer_id, Customer.erased_at.is_(None), Customer.merged_into.is_(None)
    )


def invoice(session: Session, *, invoice_id: int) -> Invoice:
    """Return one invoice with all it has. Raises NoSuchInvoice."""
    return load_invoice(session, invoice_id=invoice_id)


def messages(session: Session, *, invoice_id: int | None = None, limit: int = 100) -> list[Message]:
    """Return messages, newest first, of one invoice or of all."""
    statement = select(Message).order_by(Message.message_id.desc()).limit(limit)
    if invoice_id is not None:
        statement = statement.where(Message.invoice_id == invoice_id)
    return list(session.scalars(statement))


def message(session: Session, *, message_id: int) -> Message:
    """Return one message. Raises NoSuchMessage."""
    found = session.get(Message, message_id)
    if found is None:
        raise NoSuchMessage(f"message {message_id} not found")
    return found


def tries(session: Session, *, message_id: int) -> list[DeliveryAttempt]:
    """Return the tries at delivering a message, oldest first."""
    statement = select(DeliveryAttempt).where(DeliveryAttempt.message_id == message_id)
    return list(session.scalars(statement.order_by(DeliveryAttempt.attempt_id)))


def latest_payment(session: Session, *, invoice_id: int) -> Payment:
    """Return the newest payment of an invoice that paymail receipts. Raises NoReceipt.

    What only the host saw, the host has receipted; when it came nobody here knows.
    """
    statement = select(Payment).where(Payment.invoice_id == invoice_id, Payment.channel != Channel.HOST)
    found = session.scalars(statement.order_by(Payment.payment_id.desc()).limit(1)).first()
    if found is None:
        raise NoReceipt("this invoice has no receipt")
    return found
