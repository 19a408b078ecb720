"""Page templates, with the same formats and words as emails and PDFs."""

from collections.abc import Callable, Mapping
from pathlib import Path

from fastapi import Request
from fastapi.templating import Jinja2Templates

from paymail.i18n import language_of, written_tag
from paymail.render.environment import equip
from paymail.web.customer_words import FILTERS

HERE = Path(__file__).resolve().parent
ENGLISH = "en-AU"


def asked_language(request: Request) -> str:
    """Return the first tag of the browser's Accept-Language that we write in, else English.

    With its region, by which dates are written; English without one is Australia's, as in our emails.
    For pages that know no customer. RFC 9110 §12.5.4; weights are not read, browsers send them in order.
    """
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag = part.partition(";")[0].strip()
        if tag and language_of(tag) == tag.partition("-")[0].lower():
            return written_tag(tag) if tag.lower() != "en" else ENGLISH
    return ENGLISH


def templates(
    *, filters: Mapping[str, Callable[..., object]] | None = None, **more: object
) -> Jinja2Templates:
    """Return the page templates; `more` and `filters` they can use beside what all templates have."""
    found = Jinja2Templates(HERE / "templates")
    equip(found.env)
    found.env.globals.update(more)
    found.env.filters.update(filters or {})
    return found


PAGES = templates(filters=FILTERS)
"""The pages of whoever is not logged in, and of errors."""
