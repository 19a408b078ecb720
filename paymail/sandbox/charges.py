"""Charges: what a confirmation attempt leaves behind, paid or failed."""

from __future__ import annotations

from paymail.sandbox.calls import Call
from paymail.sandbox.cards import Outcome
from paymail.sandbox.errors import Json
from paymail.sandbox.forms import text
from paymail.sandbox.ids import new_id
from paymail.sandbox.listing import listed


def new_charge(call: Call, intent: Json, method: Json, status: str) -> Json:
    """Store a charge for this attempt; status is succeeded, pending or failed."""
    kind = method["type"]
    charge: Json = {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "captured": False,
        "created": call.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": kind, kind: method[kind]},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "shipping": intent["shipping"],
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_group": intent["transfer_group"],
    }
    call.store.insert(call.account, charge, label=intent["id"])
    intent["latest_charge"] = charge["id"]
    return charge


def mark_paid(call: Call, charge: Json) -> None:
    """Let the charge succeed and say so."""
    charge.update(
        status="succeeded",
        paid=True,
        captured=True,
        amount_captured=charge["amount"],
        outcome={
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
    )
    call.store.save(charge)
    call.emit("charge.succeeded", charge)


def mark_failed(call: Call, charge: Json, outcome: Outcome) -> None:
    """Let the charge fail with the outcome's codes and say so."""
    charge.update(
        status="failed",
        failure_code=outcome.code,
        failure_message=outcome.message,
        outcome={
            "network_status": "declined_by_network",
            "reason": outcome.decline_code or outcome.code,
            "risk_level": "normal",
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        },
    )
    call.store.save(charge)
    call.emit("charge.failed", charge)


def retrieve_charge(call: Call) -> Json:
    """GET /v1/charges/{id}."""
    return call.need("charge", call.path_id)


def list_charges(call: Call) -> Json:
    """GET /v1/charges, of everything or of one intent."""
    intent = text(call.params, "payment_intent")
    return listed(call, "charge", "/v1/charges", (intent,) if intent else ())
