"""A span for each request, named by its route: an address may hold a pay token."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paymail import spans

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestSpans:
    """ASGI middleware: measures each request. Of what a client wrote its span has the request id only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        with spans.span(method, {"http.request.method": method}) as span:

            async def answered(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.say({"http.response.status_code": message["status"]})
                await send(message)

            try:
                await self._app(scope, receive, answered)
            finally:
                route = getattr(scope.get("route"), "path", "")
                span.rename(f"{method} {route}".strip())
                span.say({"http.route": route})
