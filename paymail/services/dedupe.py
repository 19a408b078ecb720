"""Every dedupe key of the outbox is built here, from stable ids only; the database makes them unique."""


def invoice_email(*, invoice_id: int, sequence: int) -> str:
    """Key of the `sequence`-th sending of an invoice; a double click asks for the same sequence."""
    return f"invoice:{invoice_id}:{sequence}"


def receipt(*, intent_id: str) -> str:
    """Key of the one receipt for a payment intent."""
    return f"receipt:{intent_id}"


def reminder(*, invoice_id: int, step: str) -> str:
    """Key of one rung of an invoice's reminder ladder."""
    return f"reminder:{invoice_id}:{step}"


def intent(*, attempt_id: int, amount: int, currency: str, account: str, nonce: str) -> str:
    """Stripe idempotency key: the same attempt at the same amount can only make one intent.

    The key is stored before it is used, so a retry repeats it. `nonce` sets it apart from the same attempt
    of another database (a restored or second one) on the same account: Stripe would answer with that one's
    intent.
    """
    return f"paymail-{attempt_id}-{amount}-{currency.lower()}-{account}-{nonce}"
