"""One id per request: in the answer, in every log line about it, and in those of the proxy in front."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paymail import observability, request_ids
from paymail.clock import new_id

HEADER = "X-Request-ID"
SCOPE_KEY = "paymail.request_id"
"""Where the id is in the ASGI scope, for the answer that is made outside of all middleware."""
_GIVEN = re.compile(rf"[A-Za-z0-9._-]{{1,{request_ids.LONGEST}}}", re.ASCII)


class RequestIds:
    """ASGI middleware: takes a well-formed id from the request or makes one, and answers with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its id bound to its log lines."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _usable(given) else new_id()

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        # A server has a task for each request, and its own line about one that failed is to have the id too.
        request_ids.begin(request_id)
        scope[SCOPE_KEY] = request_id
        await self._app(scope, receive, answered)


def _usable(given: str) -> bool:
    """Whether an id can be kept and is found in the logs again: what looks like a secret is hidden there."""
    return bool(_GIVEN.fullmatch(given)) and observability.scrub(given) == given
