"""Statements of account by email: queued once per request, and which went out before."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import StatementDocument
from paymail.errors import Conflict
from paymail.models import Invoice, InvoiceStatus, Message, MessageKind
from paymail.services.core import history
from paymail.services.core.customers import written_to
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import addresses
from paymail.services.letters import statements
from paymail.services.outbox import dedupe_keys, queue, suppressions


class NobodyToMail(Conflict):
    """Every address that statements are written to is on the block list."""

    code = "nobody_to_mail"


def send_statement(
    session: Session,
    *,
    customer_id: int,
    key: str,
    actor: str,
    now: datetime,
    currency: str = "",
    since: date | None = None,
) -> queue.Queued:
    """Queue the email of a customer's statement; the same `key` again is the same email.

    It goes to whom invoices go, and is written when it goes out: it ends on that day, and lists what is open
    then. The outbox files it under the newest issued invoice of the currency, whose history tells of it.
    Raises NoSuchCustomer, CustomerErased, CustomerMerged, NothingIssued, WhichCurrency, BadPeriod,
    NobodyToMail.
    """
    document = statements.statement(session, customer_id=customer_id, now=now, since=since, currency=currency)
    code = document.balance.currency
    invoice = load_invoice(session, invoice_id=_newest(session, customer_id, document), lock=True)
    found = addresses.customer(session, customer_id=customer_id)
    if suppressions.covers(session, addresses=written_to(found, "invoices")):
        raise NobodyToMail("the customer's address is on the block list, so nothing can be sent to it")
    queued = queue.add(
        session,
        dedupe_key=dedupe_keys.statement(customer_id=customer_id, currency=code, key=key),
        kind=MessageKind.STATEMENT,
        invoice=invoice,
        actor=actor,
        now=now,
        statement_since=since,
    )
    if queued.created:
        history.record(
            session,
            invoice_id=invoice.invoice_id,
            kind="email_queued",
            actor=actor,
            now=now,
            detail=f"statement of account in {code} since {document.since}",
            message_id=queued.message_id,
        )
    return queued


def sent_to(session: Session, *, customer_id: int, limit: int = 10) -> Sequence[tuple[Message, str]]:
    """Return the emails of a customer's statements, newest first, each with its currency."""
    statement = (
        select(Message, Invoice.currency)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(Invoice.customer_id == customer_id, Message.kind == MessageKind.STATEMENT)
        .order_by(Message.message_id.desc())
        .limit(limit)
    )
    return [(message, currency) for message, currency in session.execute(statement)]


def _newest(session: Session, customer_id: int, document: StatementDocument) -> int:
    issued = select(Invoice.invoice_id).where(
        Invoice.customer_id == customer_id,
        Invoice.currency == document.balance.currency,
        Invoice.status == InvoiceStatus.SENT,
        Invoice.issued_date <= document.day,
    )
    return session.scalars(issued.order_by(Invoice.invoice_id.desc()).limit(1)).one()
