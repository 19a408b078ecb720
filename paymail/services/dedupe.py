"""Every dedupe key of the outbox is built here, from stable ids and ISO dates; UNIQUE in the database."""

from datetime import date


def invoice_email(*, invoice_id: int, sequence: int) -> str:
    """Key of the `sequence`-th sending of an invoice; a double click asks for the same sequence."""
    return f"invoice:{invoice_id}:{sequence}"


def receipt(*, intent_id: str) -> str:
    """Key of the one receipt for a payment intent."""
    return f"receipt:{intent_id}"


def reminder(*, invoice_id: int, due: date, step: str) -> str:
    """Key of one step of an invoice's reminder ladder; another due date is another ladder."""
    return f"reminder:{invoice_id}:{due.isoformat()}:{step}"


def reminder_by_hand(*, invoice_id: int, sequence: int) -> str:
    """Key of the `sequence`-th reminder that staff ask for; a double click asks for the same one."""
    return f"reminder:{invoice_id}:hand:{sequence}"


def notice(*, about: str, key: int | str) -> str:
    """Key of the one notice to staff about something, such as `bounce` of message 7."""
    return f"notice:{about}:{key}"


def intent(*, attempt_id: int, amount: int, currency: str, account: str, nonce: str) -> str:
    """Stripe idempotency key: the same attempt at the same amount can only make one intent.

    The key is stored before it is used, so a retry repeats it. `nonce` sets it apart from the same attempt
    of another database (a restored or second one) on the same account: Stripe would answer with that one's
    intent.
    """
    return f"paymail-{attempt_id}-{amount}-{currency.lower()}-{account}-{nonce}"
