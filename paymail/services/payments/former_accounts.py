"""Attempts on an account that an issuer had before."""

from paymail.errors import Misconfigured, NotFound
from paymail.models import PaymentAttempt
from paymail.ports.payments import Gateway
from paymail.services.core.contexts import GatewayContext
from paymail.services.outbox import notices
from paymail.services.payments.withdrawal import close


def cut_off(gateway: Gateway, account: str, *, instead: str) -> bool:
    """Whether Stripe refuses us a former account while it answers for the one that took its place.

    When it answers for neither, our key is at fault, and the intent may have been paid.
    """
    if account == instead:
        return False
    try:
        gateway.account(account=instead)
    except (NotFound, Misconfigured):
        return False
    try:
        gateway.account(account=account)
    except (NotFound, Misconfigured):
        return True
    return False


def give_up(context: GatewayContext, attempt: PaymentAttempt, intent_id: str) -> None:
    """Close an attempt that nobody can ask Stripe about any more; staff look at it themselves."""
    close(context, attempt, intent_id)
    with context.transaction() as session:
        notices.tell_staff(
            session,
            invoice_id=attempt.invoice_id,
            about="former account",
            key=attempt.attempt_id,
            headline=f"A payment started on {attempt.account} can no longer be checked",
            detail=f"Stripe no longer lets paymail use this account, so {intent_id} was given up. If it shows"
            " as paid there, record it manually. The customer can now pay to the issuer's current account.",
            now=context.now(),
        )
