"""The way of every API request: key, account, fault, idempotency, handler, answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from paymail.sandbox import forms
from paymail.sandbox.answers import CORS, Answer, HangUp, Inbound
from paymail.sandbox.auth import Caller, authenticate
from paymail.sandbox.calls import Call
from paymail.sandbox.endpoints import Endpoint, find_endpoint
from paymail.sandbox.errors import ApiError, Json, server_error
from paymail.sandbox.faults import Fault
from paymail.sandbox.ids import new_id
from paymail.sandbox.journal import redacted
from paymail.sandbox.sandbox import Sandbox
from paymail.sandbox.store import SavedAnswer
from paymail.sandbox.view import expand, for_publishable_key, visible


class Gate:
    """Starlette's endpoint for everything below /v1."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Take the sandbox that the requests work on."""
        self._sandbox = sandbox

    async def answer(self, request: Request) -> Response:
        """Answer one API request, or hang up if a fault says so."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=CORS)
        request_id = new_id("req", 14)
        entry = self._sandbox.journal.add(_journal_entry(request, request_id))
        fault = self._sandbox.faults.take(request.method, request.url.path)
        try:
            inbound = await _read(request, request_id)
            entry["params"] = redacted(inbound.params)
            await _before(fault, request)
            answer = await self._work(inbound, request, fault)
        except ApiError as error:
            answer = Answer(error.status, visible(error.body()))
        entry["status"] = answer.status
        if fault and fault.kind == "timeout_after":
            await _hang(fault, request)
        if fault and fault.kind in ("timeout", "timeout_after", "disconnect_after"):
            return HangUp()
        return answer.response(request_id, entry["idempotency_key"])

    async def _work(self, inbound: Inbound, request: Request, fault: Fault | None) -> Answer:
        if fault and fault.kind == "timeout":
            return Answer(504, {})
        endpoint, path_id = find_endpoint(inbound.method, inbound.path)
        caller = authenticate(self._sandbox, request.headers, inbound.params, path_id)
        _check_permission(self._sandbox, endpoint, caller, path_id)
        forms.refuse_unknown(inbound.params, endpoint.params)
        with self._holding(caller, inbound):
            if fault and fault.kind != "timeout_after":
                await anyio.sleep(fault.delay)
            return await run_in_threadpool(self._perform, endpoint, caller, path_id, inbound, fault)

    @contextmanager
    def _holding(self, caller: Caller, inbound: Inbound) -> Iterator[None]:
        """Let one request at a time use an idempotency key. Runs on the event loop only."""
        if inbound.key is None:
            yield
            return
        claim = (caller.account, inbound.key)
        if claim in self._sandbox.in_flight:
            message = (
                "There is currently another in-progress request using this Idempotent Key (that probably "
                f"means you submitted twice, and the other request is still going through): {inbound.key}. "
                "Please try again later."
            )
            raise ApiError(message, status=409, kind="idempotency_error", code="idempotency_key_in_use")
        self._sandbox.in_flight.add(claim)
        try:
            yield
        finally:
            self._sandbox.in_flight.discard(claim)

    def _perform(
        self, endpoint: Endpoint, caller: Caller, path_id: str, inbound: Inbound, fault: Fault | None
    ) -> Answer:
        """Do the work and keep its answer in one transaction."""
        with self._sandbox.call(
            caller.account,
            params=inbound.params,
            path_id=path_id,
            public=caller.public,
            base_url=inbound.base_url,
            request_id=inbound.request_id,
            idempotency_key=inbound.key,
        ) as call:
            fingerprint = _fingerprint(inbound)
            saved = call.store.recall(call.account, inbound.key) if inbound.key else None
            if saved is not None:
                return _replay(saved, fingerprint, inbound)
            answer = _handle(endpoint, call, fault)
            if inbound.key:
                kept = SavedAnswer(fingerprint, answer.status, answer.body, inbound.request_id)
                call.store.remember(call.account, inbound.key, kept)
            return answer


def _handle(endpoint: Endpoint, call: Call, fault: Fault | None) -> Answer:
    """Run the handler. A refusal before any work began is raised, which rolls back."""
    broken = fault.kind if fault else ""
    if broken == "500":
        return _broken()
    try:
        body = visible(endpoint.handler(call))
        body = visible(
            expand(call.store, call.account, body, forms.items(call.params.get("expand"), "expand"))
        )
        answer = Answer(200, body)
    except ApiError as error:
        if not error.begun:
            raise
        answer = Answer(error.status, visible(error.body()))
    if call.public:
        answer = Answer(answer.status, for_publishable_key(answer.body))
    return _broken() if broken == "500_after" else answer


def _broken() -> Answer:
    error = server_error()
    return Answer(error.status, error.body())


async def _read(request: Request, request_id: str) -> Inbound:
    sent = (await request.body()).decode("utf-8", "replace")
    params = forms.parse("&".join(part for part in (request.url.query, sent) if part))
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if key is not None and not 1 <= len(key) <= 255:
        raise ApiError("Idempotency keys have 1 to 255 characters.", kind="idempotency_error")
    base_url = str(request.base_url).rstrip("/")
    return Inbound(request.method, request.url.path, params, key, base_url, request_id)


async def _before(fault: Fault | None, request: Request) -> None:
    if fault is None:
        return
    if fault.kind == "429":
        await anyio.sleep(fault.delay)
        message = "Request rate limit exceeded. You can learn more about rate limits in Stripe's docs."
        raise ApiError(message, status=429, code="rate_limit")
    if fault.kind == "timeout":
        await _hang(fault, request)


async def _hang(fault: Fault, request: Request) -> None:
    """Keep silent until the delay is over or the client has left."""
    with anyio.move_on_after(fault.delay):
        await request.receive()


def _check_permission(sandbox: Sandbox, endpoint: Endpoint, caller: Caller, path_id: str) -> None:
    if caller.public and not endpoint.public:
        message = (
            "This API call cannot be made with a publishable API key. Please use a secret API key. You "
            "can find a list of your API keys at the dashboard."
        )
        raise ApiError(message, status=403, code="secret_key_required")
    if path_id.startswith("acct_") and not sandbox.has_account(path_id):
        message = f"The provided key does not have access to account '{path_id}'."
        raise ApiError(message, status=403, code="account_invalid")


def _fingerprint(inbound: Inbound) -> str:
    return json.dumps([inbound.method, inbound.path, inbound.params], sort_keys=True)


def _replay(saved: SavedAnswer, fingerprint: str, inbound: Inbound) -> Answer:
    if saved.fingerprint != fingerprint:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{inbound.key}' if you meant to execute a different request."
        )
        raise ApiError(message, kind="idempotency_error")
    return Answer(saved.status, saved.body, saved.request_id)


def _journal_entry(request: Request, request_id: str) -> Json:
    return {
        "request_id": request_id,
        "method": request.method,
        "path": request.url.path,
        "params": {},
        "account": request.headers.get("stripe-account"),
        "idempotency_key": request.headers.get("idempotency-key"),
        "api_version": request.headers.get("stripe-version"),
        "status": None,
    }
