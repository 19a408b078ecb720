"""Payments that the customer makes outside the page: in a shop, by bank transfer, in their bank's app."""

from __future__ import annotations

from urllib.parse import urlencode

from paymail.sandbox import forms
from paymail.sandbox.bank_transfers import transfer_details
from paymail.sandbox.calls import Call
from paymail.sandbox.cards import Outcome
from paymail.sandbox.charges import new_charge
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.ids import new_id
from paymail.sandbox.mandates import move_mandate, new_mandate, standing_mandate
from paymail.sandbox.results import pay, refuse, wait
from paymail.sandbox.vouchers import konbini_details, multibanco_details, oxxo_details

RESULTS = ("paid", "processing", "failing", "expired", "declined")
_EXPIRED = "The payment attempt expired before the customer completed it."
_DECLINED = "The customer declined the payment in their banking app."
_LATE = Outcome(
    elsewhere=True,
    code="insufficient_funds",
    message="The customer's account has insufficient funds to cover this payment.",
)


def await_customer(call: Call, intent: Json, method: Json) -> Json:
    """Tell the customer where to pay; a mandate that stands already is debited at once."""
    kind = method["type"]
    if kind == "payto":
        if forms.boolean(call.params, "off_session") and standing_mandate(call, method):
            return wait(call, intent, method)
        new_mandate(call, intent, method)
    intent.update(_elsewhere={"key": new_id("voucher")}, _challenge=None)
    intent.update(status="requires_action", next_action=_next_action(call, intent, kind))
    call.store.save(intent)
    call.emit("payment_intent.requires_action", intent)
    return intent


def waits_elsewhere(intent: Json) -> bool:
    """Say whether the customer is to pay outside the page."""
    return intent["status"] == "requires_action" and intent.get("_elsewhere") is not None


def customer_did(call: Call, intent: Json, result: str, amount: int | None = None) -> Json:
    """Let the customer act; `amount` in minor units is what a bank transfer brought.

    `paid`: the money is there. `processing`: it is on its way and comes with the next advance; `failing`: it
    does not. `expired`: the customer did nothing in time. `declined`: they refused in their bank's app.
    """
    if result not in RESULTS:
        raise ApiError(f"A result is one of {', '.join(RESULTS)}.", param="result")
    if not waits_elsewhere(intent):
        raise ApiError("This payment does not wait for the customer.", param="payment_intent")
    method = call.need("payment_method", intent["payment_method"])
    kind = method["type"]
    if result in ("expired", "declined"):
        return _without_money(call, intent, method, result)
    if kind == "payto":
        move_mandate(call, method, "active")
    if kind == "customer_balance" and not _funded(call, intent, amount):
        return intent
    if result == "paid":
        return pay(call, intent, new_charge(call, intent, method, "pending"), Outcome(elsewhere=True))
    if result == "failing":
        method["_outcome"] |= {"code": _LATE.code, "message": _LATE.message}
        call.store.save(method)
    return wait(call, intent, method)


def _without_money(call: Call, intent: Json, method: Json, result: str) -> Json:
    kind = method["type"]
    if (result == "declined" and kind != "payto") or (result == "expired" and kind == "customer_balance"):
        raise ApiError(f"A payment by {kind} cannot be {result}.", param="result")
    if kind == "payto":
        move_mandate(call, method, "inactive")
    if result == "declined":
        refuse(call, intent, method, "payment_method_customer_decline", _DECLINED)
    else:
        refuse(call, intent, method, "payment_intent_payment_attempt_expired", _EXPIRED)
    return intent


def _funded(call: Call, intent: Json, amount: int | None) -> bool:
    """Add a transfer and say whether the intent has all of its money."""
    details = intent["next_action"]["display_bank_transfer_instructions"]
    left = details["amount_remaining"]
    brought = left if amount is None else amount
    if not 1 <= brought <= left:
        raise ApiError(f"The transfer brings 1 to {left}.", param="amount")
    details["amount_remaining"] = left - brought
    call.store.save(intent)
    if details["amount_remaining"]:
        call.emit("payment_intent.partially_funded", intent)
    return not details["amount_remaining"]


def _next_action(call: Call, intent: Json, kind: str) -> Json:
    query = urlencode({"key": intent["_elsewhere"]["key"]})
    url = f"{call.base_url}/vouchers/{intent['id']}?{query}"
    if kind == "konbini":
        details = konbini_details(intent, call.now, url)
        return {"type": "konbini_display_details", "konbini_display_details": details}
    if kind == "oxxo":
        details = oxxo_details(intent, call.now, url)
        return {"type": "oxxo_display_details", "oxxo_display_details": details}
    if kind == "multibanco":
        details = multibanco_details(call.now, url)
        return {"type": "multibanco_display_details", "multibanco_display_details": details}
    if kind == "customer_balance":
        details = transfer_details(intent, url)
        name = "display_bank_transfer_instructions"
        return {"type": name, name: details}
    # The SDK describes no details for this one, and Stripe sends none: it is the bank's app that asks.
    return {"type": "payto_await_authorization"}
