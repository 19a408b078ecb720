"""The page of a voucher, of a bank transfer, and of the bank's app: the customer pays there, or does not."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from paymail.sandbox.currencies import shown
from paymail.sandbox.elsewhere import customer_did, waits_elsewhere
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.frames import page
from paymail.sandbox.sandbox import Sandbox
from paymail.sandbox.view import for_publishable_key, visible

_TITLES = {
    "konbini_display_details": "Pay at a convenience store",
    "oxxo_display_details": "Pay at OXXO",
    "multibanco_display_details": "Pay at a Multibanco machine",
    "display_bank_transfer_instructions": "Pay by bank transfer",
    "payto_await_authorization": "Approve the payment in your bank's app",
}


class Vouchers:
    """What the customer takes along, with buttons for what they do with it."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Take the sandbox that knows the intents."""
        self._sandbox = sandbox

    async def show(self, request: Request) -> Response:
        """Show how to pay; looking changes nothing."""
        key = request.query_params.get("key", "")
        try:
            _, intent = self._open(request.path_params["intent_id"], key)
        except ApiError as error:
            return _over(error.message, 404)
        action = intent["next_action"]
        return page(
            "voucher.html",
            200,
            title=_TITLES[action["type"]],
            amount=shown(intent["amount"], intent["currency"]).upper(),
            numbers=_numbers(action),
            refusal="expired" if action["type"] != "payto_await_authorization" else "declined",
            # Stripe lets a bank transfer wait for ever.
            refusable="hidden" if action["type"] == "display_bank_transfer_instructions" else "",
            key=key,
            origin=request.query_params.get("origin", ""),
        )

    async def take(self, request: Request) -> Response:
        """Carry out what the customer pressed."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        intent_id = request.path_params["intent_id"]
        wants_json = "application/json" in request.headers.get("accept", "")
        try:
            intent = await run_in_threadpool(
                self._act, intent_id, form.get("key", ""), form.get("result", "")
            )
        except ApiError as error:
            if wants_json:
                return JSONResponse(error.body(), error.status)
            return _over(error.message, error.status, form.get("origin", ""))
        if wants_json:
            return JSONResponse(for_publishable_key(visible(intent)))
        paid = intent["status"] in ("succeeded", "processing")
        message = "The payment was made." if paid else "The payment was not made."
        return _over(message, 200, form.get("origin", ""))

    def _open(self, intent_id: str, key: str) -> tuple[str, Json]:
        found = self._sandbox.store.find("payment_intent", intent_id)
        if found is not None and waits_elsewhere(found[1]):
            # Stripe.js knows the client secret, who holds the address its key.
            for secret in (str(found[1]["_elsewhere"]["key"]), str(found[1]["client_secret"])):
                if hmac.compare_digest(secret.encode(), key.encode()):
                    return found
        raise ApiError("This payment is over, or was never asked for.", status=404)

    def _act(self, intent_id: str, key: str, result: str) -> Json:
        account, _ = self._open(intent_id, key)
        with self._sandbox.call(account) as call:
            _, intent = self._open(intent_id, key)
            return customer_did(call, intent, result)


def _over(message: str, status: int, origin: str = "") -> HTMLResponse:
    return page("challenge_done.html", status, message=message, origin=origin, result="over")


def _numbers(action: Json) -> str:
    """Return the numbers that the customer needs, one a line."""
    details = action.get(action["type"]) or {}
    if stores := details.get("stores"):
        lines = [f"{chain}: {store['payment_code']}" for chain, store in stores.items()]
    elif addresses := details.get("financial_addresses"):
        kind = addresses[0]["type"]
        account = addresses[0][kind]
        number = account.get("iban") or account.get("clabe") or account.get("account_number")
        lines = [f"Account: {number}", f"Reference: {details['reference']}"]
    else:
        names = ("number", "entity", "reference")
        lines = [f"{name.capitalize()}: {details[name]}" for name in names if name in details]
    return "\n".join(lines)
