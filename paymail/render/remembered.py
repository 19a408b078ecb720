"""The PDFs that a process printed last, so that a page that is looked at again is not laid out again."""

import hashlib
from collections import OrderedDict

MOST_BYTES = 16_000_000
LARGEST = 1_000_000


class Remembered:
    """PDFs by the digest of all that they were printed from; the oldest go when they take MOST_BYTES.

    Equal pages give equal bytes (`printer.py`), so what it answers is what would be printed. It is asked with
    everything a page shows, so nobody gets another's.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    @staticmethod
    def key(html: str, style: str) -> bytes:
        """Return the digest of a page and its style sheet."""
        return hashlib.sha256(f"{len(html)} {html}{style}".encode(errors="surrogatepass")).digest()

    def find(self, key: bytes) -> bytes | None:
        """Return the PDF of a digest, if it is still here."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: bytes, pdf: bytes) -> None:
        """Keep a PDF, unless it is larger than LARGEST."""
        if key in self._kept or len(pdf) > LARGEST:
            return
        self._kept[key] = pdf
        self._bytes += len(pdf)
        while self._bytes > self._most:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone)
