"""Customers of an account, and the payment methods that stay with them."""

from __future__ import annotations

from paymail.sandbox import forms
from paymail.sandbox.calls import Call
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.ids import new_id

_USAGES = ("on_session", "off_session")
_DETACHED = "The payment method you provided is not attached to a customer so detachment is impossible."


def create_customer(call: Call) -> Json:
    """POST /v1/customers."""
    customer: Json = {
        "id": new_id("cus", 14),
        "object": "customer",
        "created": call.now,
        "description": forms.text(call.params, "description"),
        "email": forms.text(call.params, "email"),
        "livemode": False,
        "metadata": forms.merged_metadata({}, call.params),
        "name": forms.text(call.params, "name"),
    }
    call.store.insert(call.account, customer)
    call.emit("customer.created", customer)
    return customer


def retrieve_customer(call: Call) -> Json:
    """GET /v1/customers/{id}."""
    return call.need("customer", call.path_id)


def retrieve_method(call: Call) -> Json:
    """GET /v1/payment_methods/{id}."""
    return call.need("payment_method", call.path_id, param="payment_method")


def detach_method(call: Call) -> Json:
    """POST /v1/payment_methods/{id}/detach."""
    method = call.need("payment_method", call.path_id, param="payment_method")
    if method["customer"] is None:
        raise ApiError(_DETACHED, param="payment_method")
    method["customer"] = None
    call.store.save(method)
    call.emit("payment_method.detached", method)
    return method


def set_future_usage(call: Call, intent: Json) -> None:
    """Take from an intent's request with whom its method shall stay, and how it is to be used."""
    customer, usage = forms.text(call.params, "customer"), forms.text(call.params, "setup_future_usage")
    if usage is not None and usage not in _USAGES:
        message = f"Invalid setup_future_usage: must be one of {' or '.join(_USAGES)}"
        raise ApiError(message, param="setup_future_usage")
    if customer is not None:
        call.need("customer", customer, param="customer")
    intent.update(customer=customer, setup_future_usage=usage)


def attach_method(call: Call, intent: Json) -> None:
    """Let the method of a paid intent stay with its customer, where that was asked for."""
    if not (intent["customer"] and intent["setup_future_usage"]):
        return
    method = call.need("payment_method", intent["payment_method"])
    if method["customer"] is None:
        method["customer"] = intent["customer"]
        call.store.save(method)
        call.emit("payment_method.attached", method)
