"""Every dedupe key of the outbox is built here, from stable ids and ISO dates; UNIQUE in the database.

Nothing reads a key back: what a message is about is in columns of its own.
"""

import hashlib
from datetime import date, datetime


def invoice_email(*, invoice_id: int, sequence: int) -> str:
    """Key of the `sequence`-th sending of an invoice; a double click asks for the same sequence."""
    return f"invoice:{invoice_id}:{sequence}"


def receipt(*, payment_id: int, intent_id: str | None) -> str:
    """Key of the one receipt of a payment: by its intent, or by itself when staff recorded it."""
    return f"receipt:{intent_id}" if intent_id else f"receipt:payment:{payment_id}"


def receipt_again(*, payment_id: int, sequence: int) -> str:
    """Key of the `sequence`-th further copy of a receipt; a double click asks for the same one."""
    return f"receipt:{payment_id}:again:{sequence}"


def receipt_asked(*, payment_id: int, key: str) -> str:
    """Key of a further copy that a program asks for under a `key` of its own: a digest, 32 hex digits."""
    return f"receipt:{payment_id}:asked:{key}"


def refund_notice(*, refund_id: int) -> str:
    """Key of the one notice to the customer about a refund."""
    return f"refund:{refund_id}"


def failed_payment(*, intent_id: str, at: datetime) -> str:
    """Key of the mail about a slow payment that failed at `at`; the same intent may fail again later."""
    return f"payment_failed:{intent_id}:{at:%Y%m%dT%H%M%S%f}"


def refund(*, refund_id: int, amount: int, nonce: str) -> str:
    """Stripe idempotency key of one refund; stored before it is used. For `nonce` see `intent`."""
    return f"paymail-refund-{refund_id}-{amount}-{nonce}"


def reminder(*, invoice_id: int, due: date, step: str) -> str:
    """Key of one step of an invoice's reminder ladder; another due date is another ladder."""
    return f"reminder:{invoice_id}:{due.isoformat()}:{step}"


def reminder_by_hand(*, invoice_id: int, sequence: int) -> str:
    """Key of the `sequence`-th reminder that staff ask for; a double click asks for the same one."""
    return f"reminder:{invoice_id}:hand:{sequence}"


def notice(*, about: str, key: int | str) -> str:
    """Key of the one notice to staff about something, such as `bounce` of message 7."""
    return f"notice:{about}:{key}"


def address(address: str) -> str:
    """Return the part of a key that stands for an address (normalised), which may be longer than a key."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def link(*, invoice_id: int, sequence: int) -> str:
    """Key of the `sequence`-th new link that an invoice's customer asked for."""
    return f"link:{invoice_id}:{sequence}"


def plan(*, plan_id: int) -> str:
    """Key of the one email about a payment plan; a changed plan is another one."""
    return f"plan:{plan_id}"


def void(*, invoice_id: int) -> str:
    """Key of the one email that says that an invoice is cancelled; it cannot be twice."""
    return f"void:{invoice_id}"


def answer(*, objection_id: int) -> str:
    """Key of the one answer to what a customer says is wrong with an invoice."""
    return f"answer:{objection_id}"


def copy(
    *, invoice_id: int, payment_id: int | None, to: str, on: date, received: int = 0, sequence: int = 1
) -> str:
    """Key of the `sequence`-th copy of an invoice or of a payment's receipt to an address (normalised) on a
    day. That of an invoice on which more was `received` (minor units) is another one."""
    paid = f"-{received}" if received else ""
    what = f"invoice{paid}" if payment_id is None else f"receipt-{payment_id}"
    again = f":{sequence}" if sequence > 1 else ""
    return f"copy:{invoice_id}:{what}:{address(to)}:{on.isoformat()}{again}"


def statement(*, customer_id: int, currency: str, key: str) -> str:
    """Key of a statement that staff ask for under a `key` of the page: a double click asks for the same."""
    return f"statement:{customer_id}:{currency}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def intent(*, attempt_id: int, amount: int, currency: str, account: str, nonce: str) -> str:
    """Stripe idempotency key: the same attempt at the same amount can only make one intent.

    The key is stored before it is used, so a retry repeats it. `nonce` sets it apart from the same attempt
    of another database (a restored or second one) on the same account: Stripe would answer with that one's
    intent.
    """
    return f"paymail-{attempt_id}-{amount}-{currency.lower()}-{account}-{nonce}"


def gateway_customer(*, customer_id: int, nonce: str) -> str:
    """Stripe idempotency key of one customer there; stored before it is used. For `nonce` see `intent`."""
    return f"paymail-customer-{customer_id}-{nonce}"
