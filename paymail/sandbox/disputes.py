"""Disputes: opened by a test card or by the control endpoint."""

from __future__ import annotations

from paymail.sandbox.calls import Call
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.ids import new_id
from paymail.sandbox.listing import listed
from paymail.sandbox.store import Window

_CLOSED = ("won", "lost", "warning_closed")
STATUSES = ("needs_response", "under_review", *_CLOSED)


def open_dispute(call: Call, charge: Json, *, reason: str = "general", amount: int | None = None) -> Json:
    """Let the customer's bank dispute a charge."""
    dispute: Json = {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": amount or charge["amount"],
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "evidence_details": {"due_by": call.now + 7 * 86400, "has_evidence": False, "past_due": False},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }
    call.store.insert(call.account, dispute, label=charge["payment_intent"])
    charge["disputed"] = True
    call.store.save(charge)
    call.emit("charge.dispute.created", dispute)
    return dispute


def move_dispute(call: Call, intent: Json, status: str) -> Json:
    """Open the intent's dispute if there is none, then bring it to this status."""
    if status not in STATUSES:
        raise ApiError(f"Invalid dispute status: {status}", param="status")
    if not intent["amount_received"]:
        raise ApiError("Only a succeeded payment can be disputed.", param="payment_intent")
    found = call.store.newest("dispute", call.account, Window(limit=1, labels=(intent["id"],)))
    charge = call.need("charge", intent["latest_charge"])
    dispute = found[0] if found else open_dispute(call, charge)
    if status != dispute["status"]:
        dispute["status"] = status
        call.store.save(dispute)
        call.emit("charge.dispute.closed" if status in _CLOSED else "charge.dispute.updated", dispute)
    return dispute


def retrieve_dispute(call: Call) -> Json:
    """GET /v1/disputes/{id}."""
    return call.need("dispute", call.path_id, param="dispute")


def list_disputes(call: Call) -> Json:
    """GET /v1/disputes."""
    intent = call.params.get("payment_intent")
    return listed(call, "dispute", "/v1/disputes", (intent,) if intent else ())
