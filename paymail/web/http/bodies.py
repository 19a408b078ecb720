"""How much a request may send, and for how long, decided before anything of it is parsed.

FastAPI reads a body whole before any dependency is asked: before the key, the session and the rate limits.
"""

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paymail.web.http.errors import PUBLIC, problem
from paymail.web.http.refusals import lingering, refuse

LARGEST = 256 * 1024
"""Bytes of a form or of JSON: staff's longest field has a few thousand characters."""
LARGEST_PUBLIC = 64 * 1024
"""Bytes from a stranger: the longest text that a customer may write is a few hundred characters."""
SLOWEST = 16 * 1024
"""Bytes a second: whoever goes on sending so many is given the time, whoever sends fewer is not."""


class BoundedBodies:
    """ASGI middleware: a larger body is answered with 413 and a slow one with 408; no more of it is read.

    `limits` are bytes of the paths that have one of their own; `seconds` is the time for a whole body, to
    which each `SLOWEST` bytes that come add a second: a large report over a slow line arrives, and what
    merely trickles is given up.
    """

    def __init__(self, app: ASGIApp, *, limits: Mapping[str, int], seconds: float) -> None:
        self._app = app
        self._limits = limits
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a body whose announced length is too large; pass on the others, counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        request = Request(scope)
        if announced_length(request) > limit:
            await refuse(problem(request, 413, "too_large", too_large(limit)), scope, receive, send)
            return
        body = _Body(receive, limit, self._seconds)
        await self._app(scope, body.receive, body.sender(send))

    def _limit(self, path: str) -> int:
        return self._limits.get(path) or (LARGEST_PUBLIC if path.startswith(PUBLIC) else LARGEST)


def too_large(limit: int) -> str:
    """Return what a sender of more than `limit` bytes is told."""
    most = f"{limit >> 20} MB" if limit >> 20 else f"{limit >> 10} kB"
    return f"the request body is too large: more than {most}"


def announced_length(request: Request) -> int:
    """Return the bytes that Content-Length announces; 0 when it does not say, or says no number."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


class _Body:
    """A body while it is read: counted, with a deadline. Receiving raises HTTPException 413 and 408."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive = receive
        self._limit = self._left = limit
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._complete = self._refused = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()  # whoever listens for the end of the connection may wait for long
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise self._refusal(408, "the request body took too long") from None
        size = len(message.get("body", b""))
        self._left -= size
        self._deadline += size / SLOWEST
        self._complete = not message.get("more_body", False)
        if self._left < 0:
            raise self._refusal(413, too_large(self._limit))
        return message

    def sender(self, send: Send) -> Send:
        linger = lingering(send, self._receive)

        async def sending(message: Message) -> None:
            await (linger if self._refused and not self._complete else send)(message)

        return sending

    def _refusal(self, status: int, detail: str) -> HTTPException:
        self._refused = True
        return HTTPException(status, detail, {"Connection": "close"})
