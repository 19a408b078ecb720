"""The method that a paid intent left with its customer (Stripe documentation, "The PaymentIntent object")."""

import stripe

from paymail.gateway.translation.fields import number, optional, reference, text
from paymail.gateway.translation.methods import digits_of, name_of
from paymail.ports.saved_methods import ReusableMethod


def reusable_from(found: stripe.PaymentIntent) -> ReusableMethod | None:
    """Return the method that a paid intent left with its customer, if it was to leave one."""
    method, customer = reference(found, "payment_method"), reference(found, "customer")
    if not (text(found, "setup_future_usage") and method and customer):
        return None
    details = optional(found, "latest_charge", "payment_method_details")
    if details is None:  # read without its charge
        return ReusableMethod(method, customer, brand="")
    about = optional(details, text(details, "type"))
    return ReusableMethod(
        id=method,
        customer=customer,
        brand=name_of(details),
        last4=digits_of(details)[-4:],
        exp_month=number(about, "exp_month") or None,
        exp_year=number(about, "exp_year") or None,
    )
