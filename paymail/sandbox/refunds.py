"""Refunds of succeeded charges, whole or in part."""

from __future__ import annotations

from paymail.sandbox import forms
from paymail.sandbox.blanks import REFUND
from paymail.sandbox.calls import Call
from paymail.sandbox.currencies import shown
from paymail.sandbox.errors import ApiError, Json, missing_param
from paymail.sandbox.ids import new_id
from paymail.sandbox.listing import listed
from paymail.sandbox.methods import outcome_of

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def create_refund(call: Call) -> Json:
    """POST /v1/refunds."""
    charge = _charge(call)
    amount = _amount(call, charge)
    if forms.boolean(call.params, "refund_application_fee") and not charge["application_fee_amount"]:
        message = f"Attempting to refund_application_fee on {charge['id']}, but it has no application fee."
        raise ApiError(message, param="refund_application_fee")
    reason = forms.text(call.params, "reason")
    if reason is not None and reason not in _REASONS:
        raise ApiError(f"Invalid reason: must be one of {', '.join(_REASONS)}", param="reason")
    course = outcome_of(call.need("payment_method", charge["payment_method"])).refund
    refund: Json = {
        "id": new_id("re"),
        "object": "refund",
        **REFUND,
        "amount": amount,
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        **_destination(charge),
        "metadata": forms.merged_metadata({}, call.params),
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "pending" if course == "pends" else "succeeded",
        "_course": course,
    }
    call.store.insert(call.account, refund, label=charge["payment_intent"])
    _count(call, charge, amount)
    call.emit("refund.created", refund)
    call.emit("charge.refunded", charge)
    _updated(call, refund)
    return refund


def _destination(charge: Json) -> Json:
    if charge["payment_method_details"]["type"] != "card":
        return {}
    reference = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
    return {"destination_details": {"type": "card", "card": {**reference, "type": "refund"}}}


def _updated(call: Call, refund: Json) -> None:
    """Say so twice, as Stripe does: the older name is still in use."""
    call.emit("refund.updated", refund)
    call.emit("charge.refund.updated", refund)


def _count(call: Call, charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    call.store.save(charge)


def settle_refund(call: Call, refund: Json) -> Json:
    """Let the customer's bank answer: a pending refund succeeds, one that was to fail fails."""
    if refund["_course"] == "fails":
        refund.update(status="failed", failure_reason="lost_or_stolen_card")
        _count(call, call.need("charge", refund["charge"]), -refund["amount"])
    else:
        refund["status"] = "succeeded"
    refund["_course"] = ""
    call.store.save(refund)
    if refund["status"] == "failed":
        call.emit("refund.failed", refund)
    _updated(call, refund)
    return refund


def retrieve_refund(call: Call) -> Json:
    """GET /v1/refunds/{id}."""
    return call.need("refund", call.path_id)


def list_refunds(call: Call) -> Json:
    """GET /v1/refunds, of everything, of one intent or of one charge."""
    intent, charge = forms.text(call.params, "payment_intent"), forms.text(call.params, "charge")
    if charge is not None:
        intent = call.need("charge", charge, param="charge")["payment_intent"]
    return listed(call, "refund", "/v1/refunds", (intent,) if intent else ())


def _charge(call: Call) -> Json:
    intent_id, charge_id = forms.text(call.params, "payment_intent"), forms.text(call.params, "charge")
    if intent_id is not None:
        intent = call.need("payment_intent", intent_id, param="payment_intent")
        if intent["status"] != "succeeded":
            message = f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
            raise ApiError(message, code="payment_intent_unexpected_state", param="payment_intent")
        return call.need("charge", intent["latest_charge"])
    if charge_id is None:
        raise missing_param("charge")
    charge = call.need("charge", charge_id, param="charge")
    if not charge["paid"]:
        raise ApiError(f"Charge {charge_id} is not paid and cannot be refunded.", param="charge")
    return charge


def _amount(call: Call, charge: Json) -> int:
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["refunded"]:
        message = f"Charge {charge['id']} has already been refunded."
        raise ApiError(message, code="charge_already_refunded", begun=True)
    if charge["disputed"] and not charge.get("_refundable"):
        message = f"Charge {charge['id']} is disputed and cannot be refunded."
        raise ApiError(message, code="charge_disputed", begun=True)
    amount = forms.integer(call.params, "amount")
    amount = left if amount is None else amount
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise ApiError(message, code="parameter_invalid_integer", param="amount")
    if amount > left:
        currency = charge["currency"]
        message = (
            f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on charge "
            f"({shown(left, currency)})"
        )
        raise ApiError(message, param="amount", begun=True)
    return amount
