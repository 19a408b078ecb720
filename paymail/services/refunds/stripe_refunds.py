"""Asking Stripe for a refund, so that it is made once, however often it is asked for."""

from paymail.models import Payment, Refund
from paymail.money import stripe_units
from paymail.ports.payments import Gateway, GatewayRefund


def ask(gateway: Gateway, refund: Refund, payment: Payment, *, look_first: bool) -> GatewayRefund:
    """Ask Stripe, unless an earlier try has made the refund already and its answer was lost.

    Raises what the gateway's `create_refund` and `reversals` raise.
    """
    intent_id = payment.intent_id or ""
    if look_first:
        known = gateway.reversals(account=payment.account, intent_id=intent_id)
        for told in known.refunds:
            if told.reference == str(refund.refund_id):
                return told
    return gateway.create_refund(
        account=payment.account,
        intent_id=intent_id,
        amount=stripe_units(refund.amount, refund.currency),
        reference=str(refund.refund_id),
        idempotency_key=refund.idempotency_key or "",
    )
