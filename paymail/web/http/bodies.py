"""How much a stranger may send: the public routes read small bodies only.

FastAPI reads a body whole, before any dependency such as a rate limit is asked.
"""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 64 * 1024
"""Bytes: the longest text that a customer may write is a few hundred characters."""
PUBLIC = ("/pay/", "/api/public/")


class SmallBodies:
    """ASGI middleware: a larger body on a public path is answered with 413, and no more of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its body."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST:
                raise HTTPException(413, "the request body is too large")
            return message

        small = scope["type"] == "http" and scope["path"].startswith(PUBLIC)
        await self._app(scope, counted if small else receive, send)
