"""PDFs by WeasyPrint from a document dataclass: equal documents give equal bytes."""

import dataclasses
import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from paymail.documents import Document
from paymail.i18n import direction_of, language_of, translations
from paymail.render.environment import equip
from paymail.render.errors import RenderFailed
from paymail.render.pdf_filters import equip_pdfs
from paymail.render.remembered import Remembered

if TYPE_CHECKING:
    from paymail.render.printer import Printer


class WeasyPdfRenderer:
    """Implements `ports.PdfRenderer`. With `remembered` bytes of memory no page is printed twice in a row."""

    def __init__(self, templates: Path, *, remembered: int = 0) -> None:
        self._folder = templates / "_pdf"
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self._folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        equip(self._environment)
        equip_pdfs(self._environment)
        self._made: Printer | None = None
        self._remembered = Remembered(remembered)
        self._lock = threading.Lock()

    def render(self, document: Document) -> bytes:
        """Render. Raises RenderFailed."""
        try:
            return self._printed(*self.page(document))
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, OSError) as error:
            raise RenderFailed(f"_pdf/{document.template}", error) from None

    def page(self, document: Document) -> tuple[str, str]:
        """Return the HTML that a document is printed from, and its style sheet. Raises what templates do."""
        context = {field.name: getattr(document, field.name) for field in dataclasses.fields(document)}
        html = self._environment.get_template(document.template).render({**context, "document": document})
        return html, _style(self._folder, language_of(document.locale))

    def _printed(self, html: str, style: str) -> bytes:
        key = Remembered.key(html, style)
        with self._lock:
            found = self._remembered.find(key)
        if found is None:
            found = self._printer().print(html, style)
            with self._lock:
                self._remembered.keep(key, found)
        return found

    def _printer(self) -> "Printer":
        # WeasyPrint takes half a second to import, and most commands print nothing.
        from paymail.render.printer import Printer

        with self._lock:
            self._made = self._made or Printer()
            return self._made


_FACES = (
    '"Paymail Sans", "Noto Sans", "Paymail Sans CJK", "Noto Sans CJK JP", "Noto Sans Arabic", "DejaVu Sans",'
    " sans-serif"
)
"""The first are those of `typeface.py`, where they were made; the next has what they lack."""
_TABS = {"de": "33mm", "fr": "33mm", "ja": "30mm", "ar": "32mm"}
"""How wide the labels of a language are; English needs less."""


@functools.cache
def _style(folder: Path, language: str) -> str:
    """Return the style sheet with the foot of the page, which no template reaches, in our words."""
    rtl = direction_of(language) == "rtl"
    foot = translations(language).gettext("Page %(page)s of %(pages)s")
    counters = {"page": '" counter(page) "', "pages": '" counter(pages) "'}
    style = (folder / "style.css").read_text() + ((folder / "style.rtl.css").read_text() if rtl else "")
    # The Arabic face has no Latin, so it may stand first; others have Arabic letters, but not to be read.
    faces = f'"Noto Sans Arabic", {_FACES}' if rtl else _FACES
    for name, value in (
        ("FONT", faces),
        ("PAGE", f'"{foot % counters}"'),
        ("TAB", _TABS.get(language, "24mm")),
    ):
        style = style.replace(name, value)
    return style
