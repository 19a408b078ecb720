"""The method that a paid intent left with its customer (Stripe documentation, "The PaymentIntent object")."""

import stripe

from paymail.ports.saved_methods import ReusableMethod


def reusable_from(found: stripe.PaymentIntent) -> ReusableMethod | None:
    """Return the method that a paid intent left with its customer, if it was to leave one."""
    method, customer = _id(found, "payment_method"), _id(found, "customer")
    if not (getattr(found, "setup_future_usage", None) and method and customer):
        return None
    details = getattr(getattr(found, "latest_charge", None), "payment_method_details", None)
    if details is None:  # read without its charge
        return ReusableMethod(method, customer, brand="")
    shown = getattr(details, details.type, None)
    return ReusableMethod(
        id=method,
        customer=customer,
        brand=_brand(details.type, shown),
        last4=str(getattr(shown, "last4", None) or "")[:4],
        exp_month=getattr(shown, "exp_month", None),
        exp_year=getattr(shown, "exp_year", None),
    )


def _brand(kind: str, shown: object) -> str:
    if kind == "card":
        return str(getattr(shown, "brand", None) or "card").title()
    return "Bank debit" if kind == "au_becs_debit" else kind.replace("_", " ").capitalize()


def _id(found: stripe.PaymentIntent, name: str) -> str:
    value = getattr(found, name, None)
    return str(getattr(value, "id", value) or "")
