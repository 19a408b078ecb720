"""Disputes: opened by a test card or by the control endpoint."""

from __future__ import annotations

from copy import deepcopy

from paymail.sandbox.blanks import EVIDENCE
from paymail.sandbox.calls import Call
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.ids import new_id
from paymail.sandbox.listing import listed
from paymail.sandbox.store import Window

_CLOSED = ("won", "lost", "warning_closed", "prevented")
_INQUIRIES = ("warning_needs_response", "warning_under_review", "warning_closed", "prevented")
_APPEALS = ("appeal_needs_response", "appeal_under_review")
_WITHDRAWN = ("needs_response", "under_review", "lost")
STATUSES = (*_WITHDRAWN, "won", *_INQUIRIES, *_APPEALS)


def open_dispute(
    call: Call, charge: Json, *, reason: str = "general", status: str = "needs_response"
) -> Json:
    """Let the customer's bank dispute a charge, or only inquire about it (a status of `warning_…`)."""
    dispute: Json = {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": deepcopy(EVIDENCE),
        "evidence_details": {
            "due_by": call.now + 7 * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        **_details(charge, inquiry=status in _INQUIRIES),
        "reason": reason,
        "status": status,
        "_withdrawn": False,
    }
    call.store.insert(call.account, dispute, label=charge["payment_intent"])
    charge["disputed"] = True
    _keep(call, charge, dispute)
    call.emit("charge.dispute.created", dispute)
    _move_funds(call, dispute)
    return dispute


def move_dispute(call: Call, intent: Json, status: str) -> Json:
    """Open the intent's dispute if there is none, then bring it to this status."""
    if status not in STATUSES:
        raise ApiError(f"Invalid dispute status: {status}", param="status")
    if not intent["amount_received"]:
        raise ApiError("Only a succeeded payment can be disputed.", param="payment_intent")
    found = call.store.newest("dispute", call.account, Window(limit=1, labels=(intent["id"],)))
    charge = call.need("charge", intent["latest_charge"])
    first = "warning_needs_response" if status in _INQUIRIES else "needs_response"
    dispute = found[0] if found else open_dispute(call, charge, status=first)
    if status != dispute["status"]:
        dispute["status"] = status
        if status in ("under_review", "warning_under_review"):
            dispute["evidence_details"] |= {"has_evidence": True, "submission_count": 1}
            dispute["evidence_details"]["submission_method"] = "manual"
        _keep(call, charge, dispute)
        call.emit("charge.dispute.closed" if status in _CLOSED else "charge.dispute.updated", dispute)
        _move_funds(call, dispute)
    return dispute


def _keep(call: Call, charge: Json, dispute: Json) -> None:
    """Save both; during an inquiry the charge can still be refunded."""
    dispute["is_charge_refundable"] = charge["_refundable"] = dispute["status"] in _INQUIRIES
    call.store.save(dispute)
    call.store.save(charge)


def _move_funds(call: Call, dispute: Json) -> None:
    """Take the money when a dispute is opened, and give it back when it is won. An appeal leaves it."""
    status, withdrawn = dispute["status"], dispute.get("_withdrawn", True)
    wanted = withdrawn if status in _APPEALS else status in _WITHDRAWN
    if wanted == withdrawn:
        return
    dispute["_withdrawn"] = wanted
    amount = -dispute["amount"] if wanted else dispute["amount"]
    dispute["balance_transactions"] = [*dispute["balance_transactions"], _transaction(call, dispute, amount)]
    call.store.save(dispute)
    call.emit(f"charge.dispute.funds_{'withdrawn' if wanted else 'reinstated'}", dispute)


def _transaction(call: Call, dispute: Json, amount: int) -> Json:
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": call.now,
        "balance_type": "payments",
        "created": call.now,
        "currency": dispute["currency"],
        "description": f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
        "source": dispute["id"],
        "status": "available",
        "type": "adjustment",
    }


def _details(charge: Json, *, inquiry: bool) -> Json:
    details = charge["payment_method_details"]
    if details["type"] != "card":
        return {}
    brand = details["card"]["brand"]
    shown = {"brand": brand, "case_type": "inquiry" if inquiry else "chargeback", "network": brand}
    return {"payment_method_details": {"type": "card", "card": {**shown, "network_reason_code": "10.4"}}}


def retrieve_dispute(call: Call) -> Json:
    """GET /v1/disputes/{id}."""
    return call.need("dispute", call.path_id, param="dispute")


def list_disputes(call: Call) -> Json:
    """GET /v1/disputes."""
    intent = call.params.get("payment_intent")
    return listed(call, "dispute", "/v1/disputes", (intent,) if intent else ())
