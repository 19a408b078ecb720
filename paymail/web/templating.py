"""Page templates, with the same formats as emails and PDFs."""

from pathlib import Path

from fastapi.templating import Jinja2Templates

from paymail.render import formats

HERE = Path(__file__).resolve().parent


def templates() -> Jinja2Templates:
    """Return the page templates."""
    found = Jinja2Templates(HERE / "templates")
    found.env.filters.update(
        money=formats.money, date=formats.long_date, qty=formats.quantity, rate=formats.rate
    )
    found.env.filters["direction"] = lambda tag: formats.locale_of(tag).text_direction
    return found
