"""`payment_method_details` of a charge: how the money came, by kind of payment method."""

from __future__ import annotations

from paymail.sandbox.errors import Json

# Of a payment method's card, what a charge does not show.
_NOT_OF_A_CHARGE = ("display_brand", "generated_from", "networks", "three_d_secure_usage")


def method_details(intent: Json, method: Json) -> Json:
    """Return the details of a charge by this payment method; vouchers bring those of the intent's."""
    kind = method["type"]
    shown: Json = method[kind]
    voucher = (intent["next_action"] or {}).get(f"{kind}_display_details") or {}
    if kind == "card":
        return _card(intent, shown)
    if kind == "au_becs_debit":
        return shown
    if kind == "payto":
        return {**shown, "mandate": method.get("_mandate")}
    if kind == "konbini":
        return {"store": {"chain": next(iter(voucher.get("stores", {})), None)}}
    if kind == "oxxo":
        return {"number": voucher.get("number")}
    if kind == "multibanco":
        return {"entity": voucher.get("entity"), "reference": voucher.get("reference")}
    return {}


def _card(intent: Json, card: Json) -> Json:
    kept = {name: value for name, value in card.items() if name not in _NOT_OF_A_CHARGE}
    unavailable = {"status": "unavailable"}
    return {
        **kept,
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "electronic_commerce_indicator": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": unavailable,
        "installments": None,
        "mandate": None,
        "multicapture": unavailable,
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": intent["amount"], **unavailable},
        "three_d_secure": None,
        "transaction_link_id": None,
    }
