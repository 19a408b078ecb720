"""Queueing the emails of invoices: of one, or of a set at once."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from paymail.services.outbox import dedupe_keys, message_rows, queue

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


@dataclass(frozen=True, slots=True)
class Asked:
    """How invoice emails were asked for; see `send_invoice`."""

    actor: str
    now: datetime
    at: datetime | None = None
    again: bool = False
    sequence: int | None = None
    bulk_id: int | None = None


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
    check_sendable(invoice)
    asked = Asked(actor, now, at, again, sequence, bulk_id)
    return queue_emails(session, invoices=[invoice], asked=asked)[invoice_id]


def queue_emails(session: Session, *, invoices: Sequence[Invoice], asked: Asked) -> dict[int, queue.Queued]:
    """Queue the emails of invoices that are locked, were found sendable, and have issuer and customer loaded.

    Return what there is now, by invoice. The number of statements does not grow with that of the invoices.
    """
    for invoice in invoices:
        if invoice.status is InvoiceStatus.DRAFT:
            issue(session, invoice_id=invoice.invoice_id, actor=asked.actor, now=asked.now)
    emails = _emails_of(session, [invoice.invoice_id for invoice in invoices])
    rows = [
        message_rows.row_of(
            dedupe_key=_sending_key(invoice.invoice_id, emails[invoice.invoice_id], asked),
            kind=MessageKind.INVOICE,
            invoice=invoice,
            actor=asked.actor,
            now=asked.now,
            at=asked.at,
            bulk_id=asked.bulk_id,
        )
        for invoice in invoices
    ]
    written = message_rows.add_all(session, rows, now=asked.now)
    queued = {invoice.invoice_id: one for invoice, one in zip(invoices, written, strict=True)}
    created = [invoice for invoice in invoices if queued[invoice.invoice_id].created]
    pay_links.ensure_all(session, invoices=created, actor=asked.actor, now=asked.now)
    detail = f"invoice email, due {(asked.at or asked.now).isoformat(timespec='minutes')}"
    events = [
        history.Event(one.invoice_id, "email_queued", detail, queued[one.invoice_id].message_id)
        for one in created
    ]
    history.record_all(session, events, actor=asked.actor, now=asked.now)
    return queued


def _sending_key(invoice_id: int, emails: Sequence[MessageState], asked: Asked) -> str:
    following = len(emails) + 1
    fresh = asked.again or not emails or emails[-1] in CAME_TO_NOTHING
    wanted = asked.sequence or (following if fresh else following - 1)
    return dedupe_keys.invoice_email(invoice_id=invoice_id, sequence=min(wanted, following))


def _emails_of(session: Session, invoice_ids: Sequence[int]) -> dict[int, list[MessageState]]:
    """Return where the emails of each of some invoices stand, the oldest first."""
    found: dict[int, list[MessageState]] = {invoice_id: [] for invoice_id in invoice_ids}
    statement = select(Message.invoice_id, Message.state).where(
        Message.invoice_id.in_(invoice_ids), Message.kind == MessageKind.INVOICE
    )
    for invoice_id, state in session.execute(statement.order_by(Message.message_id)):
        found[invoice_id].append(state)
    return found


def check_sendable(invoice: Invoice) -> None:
    """Raise NotSendable (void, or already paid) or NoValidAbn if the invoice cannot be mailed."""
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


def is_newest(session: Session, *, message: Message) -> bool:
    """Whether no further invoice email of its invoice was queued after an invoice email."""
    later = select(Message.message_id).where(
        Message.invoice_id == message.invoice_id,
        Message.kind == MessageKind.INVOICE,
        Message.message_id > message.message_id,
    )
    return session.scalar(later.limit(1)) is None
