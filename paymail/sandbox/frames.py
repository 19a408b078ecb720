"""What the sandbox shows in frames: its templates, and the headers that they are sent with."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse

STATIC = Path(__file__).parent / "static"
FRAME_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self' https://api.stripe.com"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, status: int, **values: str) -> HTMLResponse:
    """Fill in a template; the values are text, never markup."""
    safe = {name: escape(value) for name, value in values.items()}
    text = Template((STATIC / template).read_text("utf-8")).substitute(safe)
    return HTMLResponse(text, status, headers=FRAME_HEADERS)
