"""HTML to PDF by WeasyPrint: equal pages give equal bytes."""

import functools
import gc
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from paymail import observability
from paymail.ports.rendering import IncompletePdf
from paymail.render import typeface
from paymail.render.archive import Archive

log = observability.logger(__name__)

_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")


class Printer:
    """Prints one page at a time: Pango behind it is not safe for threads."""

    def __init__(self) -> None:
        # A new configuration per PDF leaks.
        self._fonts = FontConfiguration()
        weasyprint.CSS(
            string=typeface.style(),
            font_config=self._fonts,
            url_fetcher=URLFetcher(allowed_protocols={"file"}),
        )
        self._css: dict[str, weasyprint.CSS] = {}
        self._lock = threading.Lock()
        _spare_the_collector()

    def print(self, html: str, style: str) -> bytes:
        """Return the PDF/A-3a and PDF/UA-1 of a page with a style sheet.

        Private-use characters, which PDF/A refuses, and what no font here has are left out. Raises
        ValueError, also for what it must not fetch.
        """
        html = _PRIVATE_USE.sub("", html)
        try:
            with self._lock, _collector_off():
                printed, missing = self._printed(html, style)
                if missing:
                    log.warning(
                        "no font for some characters", count=len(missing), first=f"U+{min(missing):04X}"
                    )
                    whole, _ = self._printed(html.translate(dict.fromkeys(missing)), style)
                    printed = IncompletePdf(whole)
        except FatalURLFetchingError as error:
            # Derives from BaseException: left alone it would end the worker.
            raise ValueError(str(error)) from error
        return printed

    def _printed(self, html: str, style: str) -> tuple[bytes, set[int]]:
        """Return the PDF, and the code points that no font has."""
        # The default fetcher reads local files, so a description could quote the password file.
        fetcher = URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
        archive = Archive()
        printed = weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(
            stylesheets=[self._sheet(style)],
            font_config=self._fonts,
            pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
            pdf_variant="pdf/a-3a",
            finisher=archive.finish,
        )
        return bytes(printed), archive.missing

    def _sheet(self, style: str) -> weasyprint.CSS:
        if style not in self._css:
            self._css[style] = weasyprint.CSS(string=style, font_config=self._fonts)
        return self._css[style]


@functools.cache
def _spare_the_collector() -> None:
    """Take what was loaded by now, which stays for as long as the process, out of what is walked: each full
    collection between two documents would walk it again."""
    gc.collect()
    gc.freeze()


@contextmanager
def _collector_off() -> Iterator[None]:
    """Keep the garbage collector from walking all objects of the process again and again: a page makes many
    and drops them together, and a third of a long document's time went there."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
