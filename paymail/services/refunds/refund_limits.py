"""What can go back, by which way, and what needs a second person."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import Channel, Dispute, DisputeState, Invoice, Payment, Refund
from paymail.money import Money, stripe_units
from paymail.services.refunds import reversals


class BadRefund(InvalidInput):
    """The refund cannot be; the message says why."""

    code = "bad_refund"


class NotRefundable(Conflict):
    """The payment cannot be refunded now; the message says why."""

    code = "not_refundable"


def check(
    session: Session, *, payment: Payment, amount: int, channel: Channel, besides: Refund | None = None
) -> None:
    """Raise BadRefund or NotRefundable unless this much (minor units) can go back this way now.

    What `besides` reserves is free for it.
    """
    disputed = select(Dispute.dispute_id).where(
        Dispute.payment_id == payment.payment_id, Dispute.state == DisputeState.OPEN
    )
    if session.scalar(disputed.limit(1)) is not None:
        raise NotRefundable(
            "this payment is disputed and cannot be refunded; the customer's bank will decide"
        )
    if channel is Channel.STRIPE and payment.channel is not Channel.STRIPE:
        raise BadRefund("this payment was not made through Stripe; choose another refund method")
    if channel is Channel.HOST and payment.channel is not Channel.HOST:
        raise BadRefund("this payment was not reported by your system; choose how the money goes back")
    left = reversals.refundable(session, payment=payment, besides=besides)
    if not 0 < amount <= left:
        raise BadRefund(f"the amount must be above zero, up to {Money(left, payment.currency)}")
    if channel is Channel.STRIPE:
        stripe_units(amount, payment.currency)


def needs_approval(session: Session, *, invoice: Invoice, payment: Payment, amount: int) -> bool:
    """Whether another person has to approve that `amount` (minor units) of a payment goes back.

    All refunds of the payment count together, so that a large one cannot be asked for in small parts. The
    limit is in the issuer's currency: in another one every refund needs approval, as they do not compare.
    """
    limit = invoice.issuer.refund_approval_from
    if limit is None:
        return False
    if payment.currency != invoice.issuer.currency:
        return True
    return reversals.reserved(session, payment=payment) + amount >= limit
