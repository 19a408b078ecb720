"""A page that a process printed is not printed again while it is remembered, and no other is taken for it."""

import pytest

from paymail.render.pdf import WeasyPdfRenderer
from paymail.render.printer import Printer
from paymail.render.remembered import LARGEST, Remembered
from paymail.wiring import TEMPLATES
from tests.render.test_pdf import INVOICE, RECEIPT


def test_the_same_document_is_printed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []

    def print_page(_printer: Printer, html: str, _style: str) -> bytes:
        printed.append(html)
        return b"%%PDF- %d" % len(printed)

    monkeypatch.setattr(Printer, "print", print_page)
    renderer = WeasyPdfRenderer(TEMPLATES, remembered=1000)
    first = renderer.render(INVOICE)
    assert renderer.render(RECEIPT) != first
    assert renderer.render(INVOICE) == first
    assert len(printed) == 2


def test_the_oldest_goes_when_there_is_no_room_and_the_large_never_stays() -> None:
    remembered = Remembered(most=10)
    for name in (b"a", b"b"):
        remembered.keep(name, b"12345")
    assert remembered.find(b"a") == b"12345"
    remembered.keep(b"c", b"1")
    assert remembered.find(b"b") is None
    assert remembered.find(b"a") == b"12345"
    remembered.keep(b"d", b"1" * (LARGEST + 1))
    assert remembered.find(b"d") is None


def test_a_page_and_its_style_are_told_apart() -> None:
    assert Remembered.key("a", "b") != Remembered.key("ab", "")
