"""HTML to PDF by WeasyPrint: equal pages give equal bytes."""

import hashlib
import threading

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher


class Printer:
    """Prints one page at a time: Pango behind it is not safe for threads."""

    def __init__(self) -> None:
        # A new configuration per PDF leaks.
        self._fonts = FontConfiguration()
        self._css: dict[str, weasyprint.CSS] = {}
        self._lock = threading.Lock()

    def print(self, html: str, style: str) -> bytes:
        """Return the PDF of a page with a style sheet. Raises ValueError, also for what it must not fetch."""
        # The default fetcher reads local files, so a description could quote the password file.
        fetcher = URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
        try:
            with self._lock:
                page = weasyprint.HTML(string=html, url_fetcher=fetcher)
                printed = page.write_pdf(
                    stylesheets=[self._sheet(style)],
                    font_config=self._fonts,
                    pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
                )
        except FatalURLFetchingError as error:
            # Derives from BaseException: left alone it would end the worker.
            raise ValueError(str(error)) from error
        return bytes(printed)

    def _sheet(self, style: str) -> weasyprint.CSS:
        if style not in self._css:
            self._css[style] = weasyprint.CSS(string=style, font_config=self._fonts)
        return self._css[style]
