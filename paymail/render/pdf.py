"""PDFs by WeasyPrint from a document dataclass: equal documents give equal bytes."""

import dataclasses
import hashlib
import threading
from pathlib import Path

import jinja2
import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from paymail.documents import CreditNoteDocument, Document, InvoiceDocument, ReceiptDocument
from paymail.money import exponent
from paymail.render import formats
from paymail.render.equipment import equip
from paymail.render.failure import RenderFailed
from paymail.wording import direction_of, language_of, translations

_TEMPLATES: dict[type[Document], str] = {
    InvoiceDocument: "invoice.html",
    ReceiptDocument: "receipt.html",
    CreditNoteDocument: "credit_note.html",
}


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
        # A new configuration per PDF leaks; Pango behind it is not safe for threads.
        self._fonts: FontConfiguration | None = None
        self._css: dict[str, weasyprint.CSS] = {}
        self._lock = threading.Lock()

    def render(self, document: Document) -> bytes:
        """Render. Raises RenderFailed."""
        name = _TEMPLATES[type(document)]
        context = {field.name: getattr(document, field.name) for field in dataclasses.fields(document)}
        try:
            html = self._environment.get_template(name).render(context)
            with self._lock:
                return self._print(html, document.locale)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, OSError) as error:
            raise RenderFailed(f"_pdf/{name}", error) from None
        except FatalURLFetchingError as error:
            # Derives from BaseException: left alone it would end the worker.
            raise RenderFailed(f"_pdf/{name}", error) from None

    def _print(self, html: str, locale: str) -> bytes:
        if self._fonts is None:
            self._fonts = FontConfiguration()
        language = language_of(locale)
        if language not in self._css:
            self._css[language] = weasyprint.CSS(string=self._style(language), font_config=self._fonts)
        # The default fetcher reads local files, so a description could quote the password file.
        fetcher = URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
        page = weasyprint.HTML(string=html, url_fetcher=fetcher)
        printed = page.write_pdf(
            stylesheets=[self._css[language]],
            font_config=self._fonts,
            pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
        )
        return bytes(printed)

    def _style(self, language: str) -> str:
        """Return the style sheet with the foot of the page, which no template reaches, in our words."""
        foot = translations(language).gettext("Page %(page)s of %(pages)s")
        counters = {"page": '" counter(page) "', "pages": '" counter(pages) "'}
        style = (
            (self._folder / "style.css").read_text().replace("/* foot */", f'content: "{foot % counters}"')
        )
        if direction_of(language) == "rtl":
            style += (self._folder / "style.rtl.css").read_text()
        return style
