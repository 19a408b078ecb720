"""What an invoice's credit notes say of it before them, when one of them ends or holds again."""

from datetime import UTC, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from paymail.models import IN_FORCE, Invoice, Message, MessageState, Refund
from paymail.money import Money
from paymail.services.letters.credit_notes import credit_note_number
from paymail.services.outbox import notices


def bring_up_to_date(session: Session, *, invoice: Invoice, cause: Refund, now: datetime) -> None:
    """Have each credit note in force start from what those with lower numbers leave of the invoice.

    `cause` is the refund that ends or holds again. A note that was emailed stays as it was issued, and staff
    are told of it.
    """
    session.flush()
    notes = select(Refund).where(
        Refund.invoice_id == invoice.invoice_id,
        Refund.credit_note.is_not(None),
        Refund.status.in_(IN_FORCE),
    )
    before, stale = 0, []
    for note in session.scalars(notes.order_by(Refund.credit_note)).all():
        if note.credited_before not in (None, before):  # empty: older than the column
            if _is_issued(session, note):
                stale.append(note)
            else:
                note.credited_before = before
        before += note.credited
    # At each change only those after the cause can newly differ.
    later = [note for note in stale if (note.credit_note or 0) > (cause.credit_note or 0)]
    if later:
        _tell(session, invoice, cause, later, now)


def _is_issued(session: Session, note: Refund) -> bool:
    """Whether the email with the note is written, or went out."""
    written = Message.mime_sha256.is_not(None) | Message.handed_over_at.is_not(None)
    under_way = Message.state == MessageState.SENDING
    return bool(
        session.scalar(select(exists().where(Message.refund_id == note.refund_id, written | under_way)))
    )


def _tell(session: Session, invoice: Invoice, cause: Refund, stale: list[Refund], now: datetime) -> None:
    amount = Money(cause.credited, cause.currency)
    holds = "counts again" if cause.status in IN_FORCE else "is no longer valid"
    numbers = ", ".join(credit_note_number(note) for note in stale)
    notices.tell_staff(
        session,
        invoice_id=invoice.invoice_id,
        about="credit notes",
        key=f"{cause.refund_id}:{now.astimezone(UTC):%Y%m%d%H%M%S}",
        headline="A credit note that was emailed gives an old total",
        detail=f"{credit_note_number(cause)} over {amount} {holds}. What {numbers} says of the invoice before"
        " and after it does not take that into account. The credit itself is right.",
        now=now,
    )
