"""The customer's tick to save the method that pays: what it was given for, and who it is saved with."""

from paymail.errors import Conflict, PaymailError, Unavailable
from paymail.models import Invoice, PaymentAttempt
from paymail.services.core.contexts import GatewayContext
from paymail.services.customers import gateway_customers
from paymail.services.customers.saved_methods import CONSENT
from paymail.services.links.lookup import NotPayable


class CannotSave(Conflict):
    """The method cannot be saved; it can be paid with all the same."""

    code = "cannot_save"


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
        raise CannotSave("the payment method cannot be saved; untick the box to pay") from error
