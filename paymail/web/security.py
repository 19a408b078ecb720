"""Headers on every answer, and rate limits."""

from collections.abc import Awaitable, Callable
from typing import NoReturn
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from paymail.errors import TooMany
from paymail.settings import Settings
from paymail.web.tallies import Tally, rate_of


class RateLimited(TooMany):
    """Too many requests from one place; try again in a minute."""

    code = "rate_limited"


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


def headers(
    settings: Settings,
) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    """Return the middleware that sets the security headers where a route has not set its own."""
    fixed = {
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": content_policy(settings),
    }
    if settings.public_url.startswith("https://"):
        fixed["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    async def set_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        return response

    return set_headers


class Limiter:
    """A moving window per key, in this process's memory."""

    def __init__(self, rate: str) -> None:
        self._rate = rate_of(rate)
        self._tally = Tally()

    def check(self, *key: str) -> None:
        """Count one request. Raises RateLimited."""
        if not self._tally.hit(self._rate, *key):
            self._refuse(key)

    def check_spent(self, *key: str) -> None:
        """Count nothing. Raises RateLimited when there is none left."""
        if not self._tally.test(self._rate, *key):
            self._refuse(key)

    def _refuse(self, key: tuple[str, ...]) -> NoReturn:
        text = "too many requests; please wait a minute and try again"
        raise RateLimited(text, self._tally.wait(self._rate, *key))


def limited(limiter: Limiter) -> Callable[[Request], None]:
    """Return the dependency that counts a request against its address."""

    def check(request: Request) -> None:
        limiter.check(request.client.host if request.client else "unknown")

    return check
