"""Headers on every answer, and rate limits."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

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
