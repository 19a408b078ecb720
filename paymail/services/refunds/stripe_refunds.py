"""Asking Stripe for a refund, so that it is made once, however often it is asked for."""

from paymail.models import Payment, Refund
from paymail.money import stripe_units
from paymail.ports.payments import Gateway
from paymail.ports.reversals import GatewayRefund
from paymail.services.refunds import refund_references


def ask(
    gateway: Gateway, refund: Refund, payment: Payment, *, look_first: bool, refund_fee: bool | None
) -> GatewayRefund:
    """Ask Stripe, unless an earlier try has made the refund already and its answer was lost.

    Raises what the gateway's `create_refund` and `reversals` raise.
    """
    intent_id = payment.intent_id or ""
    if look_first:
        known = gateway.reversals(account=payment.account, intent_id=intent_id)
        if told := known.refund_of(lambda one: refund_references.is_of(one, refund)):
            return told
    return gateway.create_refund(
        account=payment.account,
        intent_id=intent_id,
        amount=stripe_units(refund.amount, refund.currency),
        reference=refund_references.reference_of(refund),
        idempotency_key=refund.idempotency_key or "",
        refund_fee=refund_fee,
    )
