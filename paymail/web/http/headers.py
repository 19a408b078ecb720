"""Headers on every answer."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paymail.settings import Settings


def content_policy(settings: Settings) -> str:
    """Return the CSP: our own files, and Stripe's script, frames and API (Stripe docs, "Security guide")."""
    if settings.sandboxed:
        stripe = urlsplit(settings.sandbox_url)
        origin = f"{stripe.scheme}://{stripe.netloc}"
        scripts = frames = api = origin
    else:
        scripts = "https://js.stripe.com https://*.js.stripe.com"
        frames = f"{scripts} https://hooks.stripe.com"
        api = "https://api.stripe.com"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {scripts}",
            f"frame-src 'self' {frames}",
            f"connect-src 'self' {api}",
            "style-src 'self'",
            "img-src 'self' data:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )


def fixed_headers(settings: Settings) -> dict[str, str]:
    """Return the security headers of every answer that has not set its own."""
    fixed = {
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": content_policy(settings),
    }
    if settings.public_url.startswith("https://"):
        fixed["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return fixed


class FixedHeaders:
    """ASGI middleware: sets `headers` where an answer has not set its own."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, adding to the head of its answer."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                head = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    head.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)
