"""PDFs by WeasyPrint from a document dataclass: equal documents give equal bytes."""

import dataclasses
import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from paymail.documents import Document
from paymail.i18n import direction_of, language_of, translations
from paymail.money import exponent
from paymail.render import formats
from paymail.render.environment import equip
from paymail.render.errors import RenderFailed

if TYPE_CHECKING:
    from paymail.render.printer import Printer


class WeasyPdfRenderer:
    """Implements `ports.PdfRenderer`."""

    def __init__(self, templates: Path) -> None:
        self._folder = templates / "_pdf"
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self._folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        equip(self._environment)
        self._environment.filters["price"] = formats.unit_price
        self._environment.filters["exponent"] = exponent
        self._made: Printer | None = None
        self._lock = threading.Lock()

    def render(self, document: Document) -> bytes:
        """Render. Raises RenderFailed."""
        name = document.template
        context = {field.name: getattr(document, field.name) for field in dataclasses.fields(document)}
        try:
            html = self._environment.get_template(name).render(context)
            return self._printer().print(html, _style(self._folder, language_of(document.locale)))
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, OSError) as error:
            raise RenderFailed(f"_pdf/{name}", error) from None

    def _printer(self) -> "Printer":
        # WeasyPrint takes half a second to import, and most commands print nothing.
        from paymail.render.printer import Printer

        with self._lock:
            self._made = self._made or Printer()
            return self._made


@functools.cache
def _style(folder: Path, language: str) -> str:
    """Return the style sheet with the foot of the page, which no template reaches, in our words."""
    foot = translations(language).gettext("Page %(page)s of %(pages)s")
    counters = {"page": '" counter(page) "', "pages": '" counter(pages) "'}
    style = (folder / "style.css").read_text().replace("/* foot */", f'content: "{foot % counters}"')
    if direction_of(language) == "rtl":
        style += (folder / "style.rtl.css").read_text()
    return style
