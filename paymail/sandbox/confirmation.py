"""Confirming an intent: pay, decline, challenge, or wait for the bank."""

from __future__ import annotations

from urllib.parse import urlencode

from paymail.sandbox import forms
from paymail.sandbox.calls import Call
from paymail.sandbox.cards import Outcome
from paymail.sandbox.charges import mark_failed, mark_paid, new_charge
from paymail.sandbox.customers import attach_method
from paymail.sandbox.disputes import open_dispute
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.ids import new_id
from paymail.sandbox.methods import chosen_method, outcome_of
from paymail.sandbox.view import visible

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again."
)


def may_change(intent: Json) -> bool:
    """Say whether an intent still waits for the customer."""
    return intent["status"] in _OPEN


def confirm_intent(call: Call, intent: Json) -> Json:
    """Try to pay with the named payment method; a decline is raised after it was recorded."""
    if not may_change(intent):
        message = f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}."
        code = "payment_intent_unexpected_state"
        raise ApiError(message, code=code, payment_intent=visible(intent), begun=True)
    method = chosen_method(call, intent)
    outcome = outcome_of(method)
    intent.update(payment_method=method["id"], next_action=None, last_payment_error=None)
    if email := forms.text(call.params, "receipt_email"):
        intent["receipt_email"] = email
    if outcome.challenge:
        return _challenge(call, intent)
    if outcome.delayed:
        return _wait(call, intent, method)
    return _finish(call, intent, method, outcome)


def answer_challenge(call: Call, intent: Json, *, passed: bool) -> Json:
    """Carry on after the customer completed or failed the authentication."""
    method = call.need("payment_method", intent["payment_method"])
    intent["next_action"] = None
    outcome = outcome_of(method)
    if not passed:
        intent.pop("_challenge", None)
        _refuse(call, intent, method, "payment_intent_authentication_failure", _NOT_AUTHENTICATED)
        return intent
    if outcome.code is None:
        return _finish(call, intent, method, outcome)
    charge = new_charge(call, intent, method, "failed")
    mark_failed(call, charge, outcome)
    _refuse(call, intent, method, outcome.code, outcome.message or "", outcome.decline_code)
    return intent


def settle(call: Call, intent: Json) -> Json:
    """Let the bank answer for a payment that is processing."""
    method = call.need("payment_method", intent["payment_method"])
    charge = call.need("charge", intent["latest_charge"])
    outcome = outcome_of(method)
    intent["processing"] = None
    if outcome.code is not None:
        mark_failed(call, charge, outcome)
        _refuse(call, intent, method, outcome.code, outcome.message or "")
        return intent
    return _pay(call, intent, charge, outcome)


def _finish(call: Call, intent: Json, method: Json, outcome: Outcome) -> Json:
    if outcome.code is None:
        return _pay(call, intent, new_charge(call, intent, method, "pending"), outcome)
    charge = new_charge(call, intent, method, "failed")
    mark_failed(call, charge, outcome)
    error = _refuse(call, intent, method, outcome.code, outcome.message or "", outcome.decline_code)
    details = {name: value for name, value in error.items() if name not in ("type", "code", "message")}
    raise ApiError(
        error["message"],
        status=402,
        kind="card_error",
        code=error["code"],
        begun=True,
        payment_intent=visible(intent),
        **{name: value for name, value in details.items() if name != "doc_url"},
    )


def _pay(call: Call, intent: Json, charge: Json, outcome: Outcome) -> Json:
    mark_paid(call, charge)
    intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
    attach_method(call, intent)
    call.store.save(intent)
    call.emit("payment_intent.succeeded", intent)
    if outcome.disputed:
        open_dispute(call, charge, reason="fraudulent")
    return intent


def _refuse(
    call: Call, intent: Json, method: Json, code: str, message: str, decline_code: str | None = None
) -> Json:
    error: Json = {
        "type": "card_error" if method["type"] == "card" else "invalid_request_error",
        "code": code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
        "payment_method": visible(method),
    }
    if decline_code is not None:
        error["decline_code"] = decline_code
    if code != "payment_intent_authentication_failure":
        error["charge"] = intent["latest_charge"]
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
    call.store.save(intent)
    call.emit("payment_intent.payment_failed", intent)
    return error


def _wait(call: Call, intent: Json, method: Json) -> Json:
    new_charge(call, intent, method, "pending")
    intent.update(status="processing", processing={"type": method["type"]}, _processing_since=call.now)
    call.store.save(intent)
    call.emit("payment_intent.processing", intent)
    return intent


def _challenge(call: Call, intent: Json) -> Json:
    secret = new_id("challenge")
    url = f"{call.base_url}/challenge/{intent['id']}?{urlencode({'key': secret})}"
    return_url = forms.text(call.params, "return_url")
    if return_url and not forms.boolean(call.params, "use_stripe_sdk"):
        action: Json = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": return_url},
        }
    else:
        sdk = {"type": "three_d_secure_redirect", "stripe_js": url, "source": secret}
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    intent.update(status="requires_action", next_action=action)
    intent["_challenge"] = {"key": secret, "return_url": return_url}
    call.store.save(intent)
    call.emit("payment_intent.requires_action", intent)
    return intent
