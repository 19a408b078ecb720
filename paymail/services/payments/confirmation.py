"""News of a payment: from the customer's page, and from Stripe's webhook. Both re-read the intent."""

import re
from datetime import datetime

from paymail import observability
from paymail.errors import Conflict, NotFound
from paymail.services.core.contexts import GatewayContext
from paymail.services.links.lookup import AlreadyPaying, PaymentAwaited, find_by_token
from paymail.services.payments import settlement
from paymail.services.payments.settlement import Settled, StaleRead

log = observability.logger(__name__)
_CLEARING = "the payment is clearing; we will email the receipt when it arrives"
_INTENT_ID = re.compile(r"pi_\w{1,76}", re.ASCII)


class NotYetPaid(Conflict):
    """Stripe says that this intent has not succeeded."""

    code = "payment_not_completed"


class ForeignIntent(Conflict):
    """The intent is malformed or is not this invoice's."""

    code = "wrong_payment_intent"


def confirm_payment(context: GatewayContext, *, token: str, intent_id: str) -> Settled:
    """Record the payment of an intent that the customer's page says is done, if Stripe agrees.

    Raises NoSuchLink, LinkExpired, ForeignIntent, NotYetPaid, AlreadyPaying (clearing), PaymentAwaited,
    Unavailable.
    """
    try:
        settled = _settled(context, token, intent_id)
    except StaleRead:
        # Another window, or Stripe's event, was at it at this moment.
        try:
            settled = _settled(context, token, intent_id)
        except StaleRead as error:
            raise AlreadyPaying(_CLEARING) from error
    if settled.processing:
        raise AlreadyPaying(_CLEARING)
    if settled.waiting:
        raise PaymentAwaited("the payment waits for you to make it; this page updates when it arrives")
    if not settled.paid:
        log.info("confirmation refused: the intent is not paid", invoice_id=settled.invoice_id)
        raise NotYetPaid("the payment has not been completed")
    log.info("payment confirmed", invoice_id=settled.invoice_id, intent=intent_id)
    return settled


def _settled(context: GatewayContext, token: str, intent_id: str) -> Settled:
    account, seen = _attempt_for(context, token, intent_id)
    intent = context.gateway.retrieve_intent(account=account, intent_id=intent_id)
    with context.transaction() as session:
        return settlement.settle(session, intent=intent, source="confirm", now=context.now(), seen=seen)


def _attempt_for(context: GatewayContext, token: str, intent_id: str) -> tuple[str, datetime]:
    # Checked before it goes into an address: an empty id would list intents instead of reading one.
    wellformed = _INTENT_ID.fullmatch(intent_id)
    with context.transaction() as session:
        invoice = find_by_token(session, token=token, now=context.now())
        try:
            attempt = settlement.attempt_of(session, intent_id=intent_id) if wellformed else None
        except NotFound:
            attempt = None
        if attempt is None or attempt.invoice_id != invoice.invoice_id:
            log.warning(
                "confirmation refused: the intent is for another invoice", invoice_id=invoice.invoice_id
            )
            raise ForeignIntent("this payment is not for this invoice")
        return attempt.account, attempt.updated_at
