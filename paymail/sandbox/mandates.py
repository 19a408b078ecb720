"""PayTo mandates: what a customer lets be debited, and what became of it."""

from __future__ import annotations

from paymail.sandbox import forms
from paymail.sandbox.calls import Call
from paymail.sandbox.errors import Json
from paymail.sandbox.ids import new_id
from paymail.sandbox.method_options import mandate_options


def new_mandate(call: Call, intent: Json, method: Json) -> Json:
    """Ask the customer for a mandate: for this payment only, or on the intent's terms for later ones too."""
    terms = mandate_options(intent)
    single = terms is None and not intent["setup_future_usage"]
    mandate: Json = {
        "id": new_id("mandate"),
        "object": "mandate",
        "_created": call.now,
        "customer_acceptance": _acceptance(call),
        "livemode": False,
        "payment_method": method["id"],
        "payment_method_details": {"type": "payto", "payto": _payto(intent, terms)},
        "status": "pending",
        "type": "single_use" if single else "multi_use",
    }
    if single:
        mandate["single_use"] = {"amount": intent["amount"], "currency": intent["currency"]}
    else:
        mandate["multi_use"] = {}
    call.store.insert(call.account, mandate)
    method["_mandate"] = mandate["id"]
    call.store.save(method)
    return mandate


def move_mandate(call: Call, method: Json, status: str) -> None:
    """Bring the mandate of a payment method to this status and say so."""
    mandate = call.need("mandate", method["_mandate"])
    if mandate["status"] != status:
        mandate["status"] = status
        call.store.save(mandate)
        call.emit("mandate.updated", mandate)


def standing_mandate(call: Call, method: Json) -> bool:
    """Say whether this payment method may be debited without asking the customer again."""
    mandate = call.store.get("mandate", method.get("_mandate", ""), call.account)
    return bool(mandate and mandate["status"] == "active" and mandate["type"] == "multi_use")


def retrieve_mandate(call: Call) -> Json:
    """GET /v1/mandates/{id}."""
    return call.need("mandate", call.path_id, param="mandate")


def _payto(intent: Json, terms: Json | None) -> Json:
    once = {"amount": intent["amount"], "amount_type": "fixed", "payment_schedule": "adhoc"}
    empty = {"end_date": None, "payments_per_period": None, "purpose": None, "start_date": None}
    return {**empty, **(terms or once)}


def _acceptance(call: Call) -> Json:
    given = forms.mapping(forms.mapping(call.params, "mandate_data"), "customer_acceptance")
    online = forms.mapping(given, "online")
    shown = {name: online.get(name) for name in ("ip_address", "user_agent")}
    return {"accepted_at": call.now, "online": shown, "type": "online"}
