"""How an attempt to pay goes on: paid, refused, or left to the bank."""

from __future__ import annotations

from paymail.sandbox.calls import Call
from paymail.sandbox.cards import Outcome
from paymail.sandbox.charges import mark_failed, mark_paid, new_charge
from paymail.sandbox.customers import attach_method
from paymail.sandbox.disputes import open_dispute
from paymail.sandbox.errors import Json, doc_url
from paymail.sandbox.view import visible

NOT_AUTHENTICATED = "payment_intent_authentication_failure"
# What goes wrong before any money was asked for leaves no charge behind.
_NO_CHARGE = (NOT_AUTHENTICATED, "payment_intent_payment_attempt_expired", "payment_method_customer_decline")


def pay(call: Call, intent: Json, charge: Json, outcome: Outcome) -> Json:
    """Let the intent succeed with this charge."""
    mark_paid(call, charge)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        last_payment_error=None,
        next_action=None,
        processing=None,
    )
    attach_method(call, intent)
    call.store.save(intent)
    call.emit("payment_intent.succeeded", intent)
    if outcome.disputed:
        open_dispute(call, charge, reason="fraudulent")
    return intent


def wait(call: Call, intent: Json, method: Json) -> Json:
    """Leave the payment to the bank, which answers later."""
    new_charge(call, intent, method, "pending")
    # Stripe fills `processing` for cards only.
    intent.update(status="processing", processing=None, next_action=None, _processing_since=call.now)
    call.store.save(intent)
    call.emit("payment_intent.processing", intent)
    return intent


def fail(call: Call, intent: Json, method: Json, charge: Json, outcome: Outcome) -> Json:
    """Let the bank refuse the charge; returns the error that the intent then shows."""
    mark_failed(call, charge, outcome)
    return refuse(call, intent, method, outcome.code or "", outcome.message or "", outcome.decline_code)


def refuse(
    call: Call, intent: Json, method: Json, code: str, message: str, decline_code: str | None = None
) -> Json:
    """Send the intent back for another payment method; returns the error that it then shows."""
    by_card = method["type"] == "card" and code != NOT_AUTHENTICATED
    error: Json = {
        "type": "card_error" if by_card else "invalid_request_error",
        "code": code,
        "doc_url": doc_url(code),
        "message": message,
        "payment_method": visible(method),
    }
    if decline_code is not None:
        error["decline_code"] = decline_code
    if code not in _NO_CHARGE:
        error["charge"] = intent["latest_charge"]
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        last_payment_error=error,
        next_action=None,
        processing=None,
    )
    call.store.save(intent)
    call.emit("payment_intent.payment_failed", intent)
    return error
