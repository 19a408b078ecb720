"""Queueing the email of one invoice."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import Invoice, InvoiceStatus, Message, MessageKind, MessageState
from paymail.services.core import history
from paymail.services.core.invoices import load_invoice
from paymail.services.core.tax_invoices import NoValidAbn, missing_abn
from paymail.services.links import pay_links
from paymail.services.links.issue import issue
from paymail.services.outbox import dedupe_keys, queue

CAME_TO_NOTHING = (
    MessageState.CANCELLED,
    MessageState.FAILED,
    MessageState.SUPPRESSED,
    MessageState.BOUNCED,
)
"""Ends after which a plain "send" means a new email; after the others it would be a duplicate."""


class NotSendable(Conflict):
    """The invoice's state does not allow an invoice email."""

    code = "not_sendable"


def send_invoice(
    session: Session,
    *,
    invoice_id: int,
    actor: str,
    now: datetime,
    at: datetime | None = None,
    again: bool = False,
    sequence: int | None = None,
    bulk_id: int | None = None,
) -> queue.Queued:
    """Queue the invoice email, due at `at` (UTC) or now; a draft is issued by it, and a link that was
    revoked is made anew.

    Asking twice gives the same message, unless `again` asks for a further copy. A page passes the
    `sequence` it showed, so that a double click on "send again" is one copy.
    Raises NoSuchInvoice, NotSendable (void, or already paid), NoValidAbn.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    _check_sendable(invoice)
    if invoice.status is InvoiceStatus.DRAFT:
        issue(session, invoice_id=invoice_id, actor=actor, now=now)
    latest = _latest_invoice_email(session, invoice_id=invoice_id)
    key = _sending_key(invoice_id, latest, next_sequence(session, invoice_id=invoice_id), again, sequence)
    queued = queue.add(
        session,
        dedupe_key=key,
        kind=MessageKind.INVOICE,
        invoice=invoice,
        actor=actor,
        now=now,
        at=at,
        bulk_id=bulk_id,
    )
    if queued.created:
        pay_links.ensure(session, invoice=invoice, actor=actor, now=now)
        history.record(
            session,
            invoice_id=invoice_id,
            kind="email_queued",
            actor=actor,
            now=now,
            detail=f"invoice email, due {(at or now).isoformat(timespec='minutes')}",
            message_id=queued.message_id,
        )
    return queued


def _sending_key(
    invoice_id: int, latest: Message | None, following: int, again: bool, sequence: int | None
) -> str:
    came_to_nothing = latest is not None and latest.state in CAME_TO_NOTHING
    fresh = again or latest is None or came_to_nothing
    wanted = sequence or (following if fresh else following - 1)
    return dedupe_keys.invoice_email(invoice_id=invoice_id, sequence=min(wanted, following))


def _latest_invoice_email(session: Session, *, invoice_id: int) -> Message | None:
    statement = select(Message).where(Message.invoice_id == invoice_id, Message.kind == MessageKind.INVOICE)
    return session.scalars(statement.order_by(Message.message_id.desc()).limit(1)).first()


def _check_sendable(invoice: Invoice) -> None:
    if invoice.status is InvoiceStatus.VOID:
        raise NotSendable(f"invoice {invoice.number} is void")
    if invoice.balance == 0 and invoice.total:  # a total of zero may be told: there is nothing to pay
        raise NotSendable(f"invoice {invoice.number} has nothing left to pay")
    if reason := missing_abn(invoice):
        raise NoValidAbn(reason)


def next_sequence(session: Session, *, invoice_id: int) -> int:
    """Return the sequence that one further invoice email would have."""
    count = select(func.count()).where(Message.invoice_id == invoice_id, Message.kind == MessageKind.INVOICE)
    return (session.scalar(count) or 0) + 1
