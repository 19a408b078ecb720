"""The customer's tick to save the method that pays: what it was given for, and who it is saved with."""

from paymail import observability
from paymail.errors import Conflict, NotFound, PaymailError, Unavailable
from paymail.models import Invoice, PaymentAttempt
from paymail.services.core.contexts import GatewayContext
from paymail.services.customers import gateway_customers
from paymail.services.customers.saved_methods import CONSENT
from paymail.services.links.lookup import NotPayable

log = observability.logger(__name__)


class CannotSave(Conflict):
    """The method cannot be saved; it can be paid with all the same."""

    code = "cannot_save"


_WORDS = "the payment method cannot be saved; untick the box to pay"


def check_consent(invoice: Invoice, consent: str) -> None:
    """Raise NotPayable unless the tick was for the text that is shown now, where one is shown."""
    if consent and (consent != CONSENT or not invoice.issuer.save_methods):
        raise NotPayable("what you agreed to has changed; please reload the page")


def customer_for(context: GatewayContext, attempt: PaymentAttempt, *, customer_id: int) -> str:
    """Return the customer at Stripe whom the attempt's method stays with; nothing without a tick.

    Raises CannotSave, Unavailable.
    """
    if not attempt.consent:
        return ""
    try:
        return gateway_customers.ensure(context, customer_id=customer_id, account=attempt.account)
    except Unavailable:
        raise
    except PaymailError as error:
        raise CannotSave(_WORDS) from error


def refused(
    context: GatewayContext, attempt: PaymentAttempt, error: PaymailError, *, customer_id: int, known: str
) -> CannotSave:
    """Return what a customer is told whose intent Stripe refuses with the customer `known`.

    Somebody may have deleted that one at Stripe: it is forgotten, so that the next tick makes another.
    """
    if isinstance(error, NotFound):
        gateway_customers.forget(context, customer_id=customer_id, account=attempt.account, gateway_id=known)
    log.warning("payment method cannot be saved", invoice_id=attempt.invoice_id, code=error.code)
    return CannotSave(_WORDS)
