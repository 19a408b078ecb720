"""Answering a request without reading its body."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER = 2.0
"""Seconds for which the rest of a refused body is read and dropped: closing the connection while the client
still sends would cost it the answer (RFC 9112 §9.6)."""

Check = Callable[[Request], Response | None]
"""Returns the answer to a request whose head says enough to refuse it, else None."""


class EarlyRefusals:
    """ASGI middleware: asks `checks` in turn, before the body is read, whether to refuse the request."""

    def __init__(self, app: ASGIApp, *, checks: Sequence[Check]) -> None:
        self._app = app
        self._checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the first refusal, else pass the request on."""
        if scope["type"] == "http":
            request = Request(scope)
            for check in self._checks:
                if answer := check(request):
                    await refuse(answer, scope, receive, send)
                    return
        await self._app(scope, receive, send)


def announces_body(request: Request) -> bool:
    """Return whether a body follows the head."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


async def refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer. What the client still sends is dropped for a moment, and then the connection."""
    if announces_body(Request(scope)):
        answer.headers["Connection"] = "close"
        send = lingering(send, receive)
    await answer(scope, receive, send)


def lingering(send: Send, receive: Receive) -> Send:
    """Return `send` that, before an answer ends, drops what the client still sends, for `LINGER` at most."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await send({**message, "more_body": True})
            await _drop(receive)
            message = {**message, "body": b""}
        await send(message)

    return sending


async def _drop(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while (await receive()).get("more_body", False):
                pass
