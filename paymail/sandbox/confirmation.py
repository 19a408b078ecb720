"""Confirming an intent: pay, decline, challenge, wait for the bank, or wait for the customer."""

from __future__ import annotations

from urllib.parse import urlencode

from paymail.sandbox import forms
from paymail.sandbox.calls import Call
from paymail.sandbox.cards import Outcome
from paymail.sandbox.charges import new_charge
from paymail.sandbox.elsewhere import await_customer
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.ids import new_id
from paymail.sandbox.method_options import show_options
from paymail.sandbox.methods import chosen_method, outcome_of
from paymail.sandbox.results import NOT_AUTHENTICATED, fail, pay, refuse, wait
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
    intent["_options"] = {
        **intent.get("_options", {}),
        **forms.mapping(call.params, "payment_method_options"),
    }
    show_options(intent)
    method = chosen_method(call, intent)
    outcome = outcome_of(method)
    intent.update(payment_method=method["id"], next_action=None, last_payment_error=None)
    if email := forms.text(call.params, "receipt_email"):
        intent["receipt_email"] = email
    if outcome.elsewhere:
        return await_customer(call, intent, method)
    if outcome.challenge:
        return _challenge(call, intent)
    if outcome.delayed:
        return wait(call, intent, method)
    return _finish(call, intent, method, outcome)


def answer_challenge(call: Call, intent: Json, *, passed: bool) -> Json:
    """Carry on after the customer completed or failed the authentication."""
    method = call.need("payment_method", intent["payment_method"])
    intent["next_action"] = None
    outcome = outcome_of(method)
    if not passed:
        intent["_challenge"] = None
        refuse(call, intent, method, NOT_AUTHENTICATED, _NOT_AUTHENTICATED)
        return intent
    if outcome.code is None:
        return _finish(call, intent, method, outcome)
    fail(call, intent, method, new_charge(call, intent, method, "failed"), outcome)
    return intent


def settle(call: Call, intent: Json) -> Json:
    """Let the bank answer for a payment that is processing."""
    method = call.need("payment_method", intent["payment_method"])
    charge = call.need("charge", intent["latest_charge"])
    outcome = outcome_of(method)
    if outcome.code is not None:
        fail(call, intent, method, charge, outcome)
        return intent
    return pay(call, intent, charge, outcome)


def _finish(call: Call, intent: Json, method: Json, outcome: Outcome) -> Json:
    if outcome.code is None:
        return pay(call, intent, new_charge(call, intent, method, "pending"), outcome)
    error = fail(call, intent, method, new_charge(call, intent, method, "failed"), outcome)
    raise ApiError(
        error["message"],
        status=402,
        kind=error["type"],
        code=error["code"],
        begun=True,
        payment_intent=visible(intent),
        **{name: error[name] for name in ("charge", "decline_code", "payment_method") if name in error},
    )


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
    intent.update(_challenge={"key": secret, "return_url": return_url}, _elsewhere=None)
    call.store.save(intent)
    call.emit("payment_intent.requires_action", intent)
    return intent
