"""Payment intents: create, read, change and cancel."""

from __future__ import annotations

from copy import deepcopy

from paymail.sandbox import forms
from paymail.sandbox.blanks import INTENT
from paymail.sandbox.calls import Call
from paymail.sandbox.confirmation import confirm_intent, may_change
from paymail.sandbox.currencies import check_amount, check_currency
from paymail.sandbox.customers import set_future_usage
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.ids import new_id
from paymail.sandbox.listing import listed
from paymail.sandbox.method_kinds import check_excluded, check_named, offered
from paymail.sandbox.method_options import show_options
from paymail.sandbox.methods import named_method
from paymail.sandbox.statement_descriptors import check_suffix

_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_KEPT_TEXT = (
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


def create_intent(call: Call) -> Json:
    """POST /v1/payment_intents."""
    params = call.params
    currency = check_currency(forms.text(params, "currency"))
    check_suffix(params)
    intent_id = new_id("pi")
    intent: Json = {
        "id": intent_id,
        "object": "payment_intent",
        **deepcopy(INTENT),
        "amount": check_amount(forms.integer(params, "amount"), currency),
        "automatic_payment_methods": _automatic(params),
        "capture_method": _only(params, "capture_method", ("automatic_async", "automatic")),
        "client_secret": new_id(f"{intent_id}_secret", 25),
        "confirmation_method": _only(params, "confirmation_method", ("automatic",)),
        "created": call.now,
        "currency": currency,
        "metadata": forms.merged_metadata({}, params),
        "shipping": forms.shipping(params),
        **{name: forms.text(params, name) for name in _KEPT_TEXT},
    }
    set_future_usage(call, intent)
    _set_kinds(call, intent)
    _set_fee(call, intent)
    _set_method(call, intent)
    call.store.insert(call.account, intent)
    call.emit("payment_intent.created", intent)
    if forms.boolean(params, "confirm"):
        return confirm_intent(call, intent)
    return intent


def retrieve_intent(call: Call) -> Json:
    """GET /v1/payment_intents/{id}; a publishable key needs the client secret too."""
    intent = call.need("payment_intent", call.path_id, param="intent")
    if call.public or "client_secret" in call.params:
        check_client_secret(call, intent)
    return intent


def check_client_secret(call: Call, intent: Json) -> None:
    """Refuse a client secret that is missing or not this intent's."""
    given = forms.text(call.params, "client_secret", required=True)
    if given != intent["client_secret"]:
        message = "The client_secret provided does not match the client_secret of the PaymentIntent."
        code = "payment_intent_invalid_parameter"
        raise ApiError(message, code=code, param="client_secret")


def update_intent(call: Call) -> Json:
    """POST /v1/payment_intents/{id}."""
    intent, params = call.need("payment_intent", call.path_id, param="intent"), call.params
    money = {"amount", "currency", "application_fee_amount", "payment_method", "payment_method_types"}
    if money & set(params) and not may_change(intent):
        message = (
            f"This PaymentIntent's {min(money & set(params))} could not be updated because it has a "
            f"status of {intent['status']}."
        )
        raise ApiError(message, code="payment_intent_unexpected_state", payment_intent=intent)
    currency = check_currency(forms.text(params, "currency") or intent["currency"])
    given = forms.integer(params, "amount")
    amount = check_amount(intent["amount"] if given is None else given, currency)
    if (amount, currency) != (intent["amount"], intent["currency"]) and intent["next_action"]:
        # The customer approved another sum: the challenge under way is void.
        intent.update(status="requires_confirmation", next_action=None)
    intent.update(
        amount=amount, currency=currency, metadata=forms.merged_metadata(intent["metadata"], params)
    )
    _set_customer(call, intent)
    _set_kinds(call, intent)
    intent.update({name: forms.text(params, name) for name in _KEPT_TEXT if name in params})
    if "shipping" in params:
        intent["shipping"] = forms.shipping(params)
    _set_fee(call, intent)
    _set_method(call, intent)
    call.store.save(intent)
    return intent


def cancel_intent(call: Call) -> Json:
    """POST /v1/payment_intents/{id}/cancel."""
    intent = call.need("payment_intent", call.path_id, param="intent")
    if not may_change(intent):
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be canceled: requires_payment_method, "
            "requires_capture, requires_confirmation, requires_action."
        )
        code = "payment_intent_unexpected_state"
        raise ApiError(message, code=code, payment_intent=intent, begun=True)
    reason = forms.text(call.params, "cancellation_reason")
    if reason is not None and reason not in _REASONS:
        message = f"Invalid cancellation_reason: must be one of {', '.join(_REASONS)}"
        raise ApiError(message, param="cancellation_reason")
    intent.update(status="canceled", canceled_at=call.now, cancellation_reason=reason, next_action=None)
    call.store.save(intent)
    call.emit("payment_intent.canceled", intent)
    return intent


def confirm(call: Call) -> Json:
    """POST /v1/payment_intents/{id}/confirm, from the server or from the customer's browser."""
    intent = call.need("payment_intent", call.path_id, param="intent")
    if call.public or "client_secret" in call.params:
        check_client_secret(call, intent)
    if "excluded_payment_method_types" in call.params and may_change(intent):
        _set_kinds(call, intent)
    return confirm_intent(call, intent)


def list_intents(call: Call) -> Json:
    """GET /v1/payment_intents."""
    return listed(call, "payment_intent", "/v1/payment_intents")


def _automatic(params: Json) -> Json | None:
    given = forms.mapping(params, "automatic_payment_methods")
    if not given:
        # Since 2023-08-16 Stripe turns this on when no types are named.
        return None if "payment_method_types" in params else {"allow_redirects": "always", "enabled": True}
    forms.refuse_unknown(given, ("enabled", "allow_redirects"), "automatic_payment_methods")
    if "payment_method_types" in params:
        message = (
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types."
        )
        raise ApiError(message, param="payment_method_types")
    if not forms.boolean(given, "enabled"):
        return None
    return {"allow_redirects": given.get("allow_redirects", "always"), "enabled": True}


def _set_kinds(call: Call, intent: Json) -> None:
    """Settle by what kinds the intent may be paid: those that it names, or those that Stripe picks."""
    if "excluded_payment_method_types" in call.params:
        given = forms.items(call.params["excluded_payment_method_types"], "excluded_payment_method_types")
        intent["excluded_payment_method_types"] = check_excluded(given) or None
    named = forms.items(call.params.get("payment_method_types"), "payment_method_types")
    excluded = intent.get("excluded_payment_method_types") or []
    if named:
        kinds = [kind for kind in check_named(named, intent["currency"]) if kind not in excluded]
    elif intent["automatic_payment_methods"]:
        kinds = offered(intent["currency"], excluded, customer=bool(intent["customer"]))
    else:
        kinds = intent.get("payment_method_types") or ["card"]
    if not kinds:
        message = (
            "No valid payment method types for this Payment Intent. Please ensure that you have activated "
            "payment methods compatible with your chosen currency in your dashboard."
        )
        raise ApiError(message)
    intent["payment_method_types"] = kinds
    intent["_options"] = {
        **intent.get("_options", {}),
        **forms.mapping(call.params, "payment_method_options"),
    }
    show_options(intent)


def _only(params: Json, name: str, allowed: tuple[str, ...]) -> str:
    value = forms.text(params, name) or allowed[0]
    if value not in allowed:
        raise ApiError(f"The sandbox has no {name} {value}.", param=name)
    return value


def _set_fee(call: Call, intent: Json) -> None:
    if call.params.get("application_fee_amount") == "":
        intent["application_fee_amount"] = None
        return
    fee = forms.integer(call.params, "application_fee_amount")
    if fee is None:
        return
    if call.account == call.config.platform_account:
        message = "Can only apply an application_fee_amount on behalf of a connected account."
        raise ApiError(message, param="application_fee_amount")
    if not 0 <= fee <= intent["amount"]:
        message = "The application fee must be no more than the amount."
        raise ApiError(message, param="application_fee_amount")
    intent["application_fee_amount"] = fee


def _set_customer(call: Call, intent: Json) -> None:
    if (customer := forms.text(call.params, "customer")) is not None:
        intent["customer"] = call.need("customer", customer, param="customer")["id"]


def _set_method(call: Call, intent: Json) -> None:
    name = forms.text(call.params, "payment_method")
    if name is not None:
        intent["payment_method"] = named_method(call, name)["id"]
        intent["status"] = "requires_confirmation"
