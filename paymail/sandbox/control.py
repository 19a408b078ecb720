"""The control endpoints below /_sandbox: for tests, checkers and demos, in JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from paymail.sandbox.disputes import move_dispute
from paymail.sandbox.elsewhere import customer_did
from paymail.sandbox.errors import ApiError, Json, missing_param, no_such
from paymail.sandbox.sandbox import Sandbox
from paymail.sandbox.view import visible


def control_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the control endpoints."""
    table: dict[str, dict[str, Callable[[Json], object]]] = {
        "/healthz": {"GET": lambda _: {"status": "ok"}},
        "/_sandbox/webhooks": {"GET": sandbox.webhooks.control, "POST": sandbox.webhooks.control},
        "/_sandbox/faults": {
            "GET": lambda _: {"faults": sandbox.faults.listed()},
            "POST": sandbox.faults.add,
            "DELETE": lambda _: sandbox.faults.clear(),
        },
        "/_sandbox/disputes": {"POST": lambda body: _dispute(sandbox, body)},
        "/_sandbox/next-action": {"POST": lambda body: _next_action(sandbox, body)},
        "/_sandbox/ledger": {"GET": lambda _: sandbox.ledger()},
        "/_sandbox/advance": {"POST": lambda body: {"advanced": sandbox.advance(body.get("payment_intent"))}},
        "/_sandbox/accounts": {"POST": lambda body: _register(sandbox, body)},
        "/_sandbox/requests": {
            "GET": lambda _: {"requests": sandbox.journal.listed()},
            "DELETE": lambda _: sandbox.journal.clear(),
        },
    }
    return [Route(path, _endpoint(handlers), methods=list(handlers)) for path, handlers in table.items()]


def _endpoint(
    handlers: dict[str, Callable[[Json], object]],
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        handler = handlers["GET" if request.method == "HEAD" else request.method]
        try:
            result = await run_in_threadpool(handler, await _json(request))
        except ApiError as error:
            return JSONResponse(error.body(), error.status)
        return JSONResponse(visible(result if result is not None else {}))

    return answer


async def _json(request: Request) -> Json:
    sent = await request.body()
    if not sent:
        return {}
    # A foreign web page can only send this type after a preflight, which is not answered here.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ApiError("Control requests are JSON.", status=415)
    try:
        body = json.loads(sent)
    except ValueError as error:
        raise ApiError("Control requests are JSON.") from error
    if not isinstance(body, dict):
        raise ApiError("Control requests are JSON objects.")
    return body


def _dispute(sandbox: Sandbox, body: Json) -> Json:
    intent_id = str(body.get("payment_intent", ""))
    found = sandbox.store.find("payment_intent", intent_id)
    if found is None:
        raise no_such("payment_intent", intent_id, "payment_intent")
    with sandbox.call(found[0]) as call:
        return move_dispute(call, found[1], str(body.get("status", "needs_response")))


def _next_action(sandbox: Sandbox, body: Json) -> Json:
    """Let the customer do, or leave, what they were told to do outside the page."""
    intent_id, amount = str(body.get("payment_intent", "")), body.get("amount")
    found = sandbox.store.find("payment_intent", intent_id)
    if found is None:
        raise no_such("payment_intent", intent_id, "payment_intent")
    if amount is not None and (not isinstance(amount, int) or isinstance(amount, bool)):
        raise ApiError("The amount is a whole number of minor units.", param="amount")
    with sandbox.call(found[0]) as call:
        fresh = call.need("payment_intent", intent_id)
        return customer_did(call, fresh, str(body.get("result", "paid")), amount)


def _register(sandbox: Sandbox, body: Json) -> Json:
    if "id" not in body:
        raise missing_param("id")
    sandbox.register_account(
        str(body["id"]),
        charges=body.get("charges_enabled", True) is True,
        kind=str(body.get("type", "standard")),
    )
    return {"id": body["id"]}
