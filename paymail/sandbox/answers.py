"""What a request brought, and what it is answered."""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from paymail.sandbox.errors import Json

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "authorization, content-type, idempotency-key, stripe-account, stripe-version"
    ),
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Expose-Headers": "Request-Id, Idempotent-Replayed",
    "Access-Control-Max-Age": "300",
}


@dataclass(frozen=True)
class Inbound:
    """A request as it came in."""

    method: str
    path: str
    params: Json
    key: str | None
    base_url: str
    request_id: str


@dataclass(frozen=True)
class Answer:
    """A status, a document, and the first request's id if this is its answer again."""

    status: int
    body: Json
    replayed_from: str | None = None

    def response(self, request_id: str, idempotency_key: str | None) -> Response:
        """Return the answer with Stripe's headers."""
        headers = {**CORS, "Request-Id": request_id, "Cache-Control": "no-cache, no-store"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if self.replayed_from:
            headers |= {"Idempotent-Replayed": "true", "Original-Request": self.replayed_from}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="Stripe"'
        document = json.dumps(self.body, indent=2)
        return Response(document, self.status, headers, media_type="application/json")


class HangUp(Response):
    """Close the connection in the middle of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and leave; the server then closes the connection."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
