"""How a payment was made, in words (Stripe documentation, "The Charge object")."""

import stripe


def method_of(found: stripe.PaymentIntent) -> str:
    """Return what the customer paid with: `Visa ending 4242`; empty when unknown."""
    charge = found.latest_charge
    details = charge.payment_method_details if isinstance(charge, stripe.Charge) else None
    if details is None:
        return ""
    if details.type == "card" and details.card is not None:
        return f"{(details.card.brand or 'card').title()} ending {details.card.last4}"
    if details.type == "au_becs_debit" and details.au_becs_debit is not None:
        return f"Bank debit ending {details.au_becs_debit.last4}"
    return details.type.replace("_", " ")
