"""The hand-over of a message: the last questions, and the move that is committed before the final dot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, InvoiceStatus, Message, MessageKind, MessageState
from paymail.services.core.invoices import share_invoice
from paymail.services.delivery.outcomes import ask_permission
from paymail.services.letters.addressees import is_addressed
from paymail.services.outbox import gates, queue, suppressions
from paymail.services.outbox.queue import Claim

_HELD = ("held_at", "held_until", "held_reason", "reminders_off", "ladder")
_PLANNED = (MessageKind.REMINDER, MessageKind.PLAN)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was known of a message when it was prepared, some moments before its hand-over."""

    message: Message
    """Its row, which nobody changes without moving the fence on."""
    reachable: frozenset[str]
    """Its addresses (normalised), none of which was suppressed."""
    amounts: tuple[object, ...] | None = None
    """What its text says of money; None for bytes of an earlier try, which stay as they are."""


_AMOUNTS = (
    Invoice.amount_paid,
    Invoice.amount_refunded,
    Invoice.amount_charged_back,
    Invoice.amount_credited,
    Invoice.amount_written_off,
)


def amounts_of(session: Session, message: Message, invoice: Invoice) -> tuple[object, ...]:
    """Return what money may change of what an email speaks of: its invoice, or its customer's invoices."""
    if message.kind is not MessageKind.STATEMENT:
        return invoice.status, *(getattr(invoice, column.key) for column in _AMOUNTS)
    issued = select(func.count(), *map(func.sum, _AMOUNTS)).where(
        Invoice.customer_id == invoice.customer_id, Invoice.status == InvoiceStatus.SENT
    )
    return tuple(session.execute(issued).one())


def begin_handover(
    session: Session,
    *,
    claim: Claim,
    now: datetime,
    lease: timedelta,
    seen: Seen | None = None,
    meanwhile: Callable[[Session], None] = lambda _session: None,
) -> bool:
    """Ask again, in the transaction that commits `handover`, whether the message may go; False stops it.

    The invoice is read FOR SHARE, so a settlement either committed before and is seen here, or waits
    until the hand-over is committed. Lock order: invoice, then message; `meanwhile` is called between the
    two, and may write to messages that are past their hand-over.
    """
    if seen is not None:
        message = session.merge(seen.message, load=False)
    else:
        message = session.get_one(Message, claim.message_id)
    invoice = share_invoice(session, invoice_id=message.invoice_id, plan=message.kind in _PLANNED)
    meanwhile(session)
    if message.kind is MessageKind.REMINDER:
        session.refresh(invoice.customer, _HELD)  # who waited for the lock read the customer of before
    if seen is not None:
        suppressions.trust(session, addresses=seen.reachable)
    if not _may_go(session, claim, message, invoice, seen, now):
        return False
    trusted = [suppressions.none_of(seen.reachable)] if seen is not None else []
    if _hand_over(session, claim, message, now, lease, trusted):
        return True
    # Lost to somebody else, or what was trusted is not so any more: then the reason is found and kept.
    suppressions.distrust(session)
    if not _may_go(session, claim, message, invoice, seen, now):
        return False
    if not session.scalar(select(gates.nothing_against(message, now))):
        queue.put_back(session, claim=claim)
        return False
    return _hand_over(session, claim, message, now, lease, [])


def _may_go(
    session: Session, claim: Claim, message: Message, invoice: Invoice, seen: Seen | None, now: datetime
) -> bool:
    if not ask_permission(session, claim=claim, message=message, invoice=invoice, now=now):
        return False
    if not is_addressed(session, message=message, invoice=invoice):
        # Queued or written while an address was being changed: the next try writes it to the new one.
        queue.put_back(session, claim=claim, at=now, reason="the customer's addresses have just been changed")
        return False
    if seen is not None and seen.amounts not in (None, amounts_of(session, message, invoice)):
        queue.put_back(session, claim=claim, at=now, reason="the invoice has just been changed")
        return False
    return True


def _hand_over(
    session: Session,
    claim: Claim,
    message: Message,
    now: datetime,
    lease: timedelta,
    trusted: list[ColumnElement[bool]],
) -> bool:
    return queue.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(MessageState.SENDING,),
        target=MessageState.HANDOVER,
        lease_after=now,
        provided=[gates.nothing_against(message, now), *trusted],
        lease_until=now + lease,
        handed_over_at=now,
    )
