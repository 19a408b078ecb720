"""Page templates, with the same formats and words as emails and PDFs."""

from pathlib import Path

from fastapi.templating import Jinja2Templates

from paymail.render.equipment import equip

HERE = Path(__file__).resolve().parent


def templates() -> Jinja2Templates:
    """Return the page templates."""
    found = Jinja2Templates(HERE / "templates")
    equip(found.env)
    return found
