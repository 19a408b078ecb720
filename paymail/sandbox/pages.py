"""What browsers load: the Stripe.js stand-in, the card form's frame and the challenge page."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from paymail.sandbox.confirmation import answer_challenge
from paymail.sandbox.currencies import shown
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.frames import FRAME_HEADERS, STATIC, page
from paymail.sandbox.sandbox import Sandbox
from paymail.sandbox.view import for_publishable_key, visible
from paymail.sandbox.voucher_pages import Vouchers

_ASSETS = {
    "elements.js": "text/javascript",
    "elements.css": "text/css",
    "challenge.js": "text/javascript",
    "challenge.css": "text/css",
}


def page_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of pages and scripts."""
    challenges, vouchers = Challenges(sandbox), Vouchers(sandbox)
    return [
        Route("/v3", _script),
        Route("/{release:str}/stripe.js", _script),
        Route("/{release}/stripe.js", _script),
        Route("/elements/payment", _payment_element),
        Route("/sandbox-assets/{name}", _asset),
        Route("/challenge/{intent_id}", challenges.show, methods=["GET"]),
        Route("/challenge/{intent_id}", challenges.take, methods=["POST"]),
        Route("/vouchers/{intent_id}", vouchers.show, methods=["GET"]),
        Route("/vouchers/{intent_id}", vouchers.take, methods=["POST"]),
    ]


async def _script(_: Request) -> Response:
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=60"}
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return FileResponse(STATIC / "stripe.js", media_type="text/javascript", headers=headers)


async def _payment_element(_: Request) -> Response:
    return FileResponse(STATIC / "elements.html", media_type="text/html", headers=FRAME_HEADERS)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _ASSETS:
        return Response("Not found", 404)
    headers = {"Cache-Control": "max-age=60", "X-Content-Type-Options": "nosniff"}
    return FileResponse(STATIC / name, media_type=_ASSETS[name], headers=headers)


class Challenges:
    """The bank's page on which the customer proves to be the card's owner, or fails to."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Take the sandbox that knows the intents."""
        self._sandbox = sandbox

    async def show(self, request: Request) -> Response:
        """Show the two buttons; looking changes nothing."""
        fields = dict(request.query_params)
        try:
            _, intent = self._open(request.path_params["intent_id"], fields.get("key", ""))
        except ApiError as error:
            return page("challenge_done.html", 404, message=error.message, origin="", result="expired")
        amount = shown(intent["amount"], intent["currency"]).upper()
        return page("challenge.html", 200, amount=amount, key=fields["key"], origin=fields.get("origin", ""))

    async def take(self, request: Request) -> Response:
        """Carry out what the customer pressed."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        passed = form.get("result") == "pass"
        intent_id = request.path_params["intent_id"]
        wants_json = "application/json" in request.headers.get("accept", "")
        try:
            intent, return_url = await run_in_threadpool(self._answer, intent_id, form.get("key", ""), passed)
        except ApiError as error:
            if wants_json:
                return JSONResponse(error.body(), error.status)
            return page("challenge_done.html", 404, message=error.message, origin="", result="expired")
        if wants_json:
            return JSONResponse(for_publishable_key(visible(intent)))
        if return_url and not form.get("origin"):
            return RedirectResponse(_returning(return_url, intent, passed), 303)
        message = "Authentication completed." if passed else "Authentication failed."
        result = "passed" if passed else "failed"
        return page("challenge_done.html", 200, message=message, origin=form.get("origin", ""), result=result)

    def _open(self, intent_id: str, key: str) -> tuple[str, Json]:
        found = self._sandbox.store.find("payment_intent", intent_id)
        if found is not None and found[1]["status"] == "requires_action" and found[1].get("_challenge"):
            secret = str(found[1]["_challenge"]["key"])
            if hmac.compare_digest(secret.encode(), key.encode()):
                return found
        raise ApiError("This authentication is over or was never asked for.", status=404)

    def _answer(self, intent_id: str, key: str, passed: bool) -> tuple[Json, str | None]:
        account, _ = self._open(intent_id, key)
        with self._sandbox.call(account) as call:
            _, intent = self._open(intent_id, key)
            return_url = intent["_challenge"]["return_url"]
            return answer_challenge(call, intent, passed=passed), return_url


def _returning(return_url: str, intent: Json, passed: bool) -> str:
    parts = urlsplit(return_url)
    added = urlencode(
        {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if passed else "failed",
        }
    )
    query = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit(parts._replace(query=query))
