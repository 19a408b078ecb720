"""What a host is told of one invoice."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import Channel, Invoice, Payment, SyncedInvoice
from paymail.money import to_decimal
from paymail.ports.host_database import HostUpdate


def arrived_here(session: Session, invoice_ids: Sequence[int]) -> dict[int, int]:
    """Return by invoice what arrived through paymail, in minor units: all but what only the host knew."""
    statement = (
        select(Payment.invoice_id, func.sum(Payment.amount))
        .where(Payment.invoice_id.in_(invoice_ids), Payment.channel != Channel.HOST)
        .group_by(Payment.invoice_id)
    )
    return {invoice_id: int(amount) for invoice_id, amount in session.execute(statement)}


def update_of(session: Session, row: SyncedInvoice, invoice: Invoice) -> HostUpdate:
    """Return what is stored in `row` as the host is told it."""
    assert row.as_of is not None  # noqa: S101 - stored with the event's id
    newest = session.scalars(
        select(Payment)
        .where(
            Payment.invoice_id == invoice.invoice_id,
            Payment.channel != Channel.HOST,
            Payment.received_at <= row.as_of,  # so that the same is told again in the same words
        )
        .order_by(Payment.payment_id.desc())
        .limit(1)
    ).one_or_none()
    charged = invoice.total - row.told_credited - row.told_written_off
    kept = row.told_paid - row.told_refunded - row.told_charged_back
    amounts = {
        "total": invoice.total,
        "amount_paid": row.told_paid,
        "amount_paid_here": row.told_paid_here,
        "amount_refunded": row.told_refunded,
        "amount_charged_back": row.told_charged_back,
        "amount_credited": row.told_credited,
        "amount_written_off": row.told_written_off,
        "balance": max(charged - kept, 0),
    }
    return HostUpdate(
        event_id=row.event_id,
        as_of=row.as_of,
        number=row.number,
        external_ref=invoice.external_ref,
        status=row.told_status,
        payment_status=row.told_money,
        currency=invoice.currency,
        paid_at=newest.received_at if newest else None,
        payment_reference=(newest.intent_id or newest.reference) if newest else "",
        **{name: to_decimal(amount, invoice.currency) for name, amount in amounts.items()},
    )
