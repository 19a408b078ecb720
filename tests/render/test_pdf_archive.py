"""Every attached PDF is PDF/UA-1 and PDF/A-3a at once: read aloud in order, and readable in thirty years.

Looked at is what is sent. veraPDF, which asks for more, is not a part of the tests.
"""

import email
import io
from dataclasses import replace
from datetime import date
from email.policy import default
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest

from paymail.documents import Ages, BankAccount, Document, Movement, StatementDocument, StatementRow
from paymail.i18n import LANGUAGES
from paymail.money import Money
from paymail.ports.rendering import IncompletePdf
from paymail.render.letter_writer import LetterWriter
from paymail.wiring import TEMPLATES
from tests.render.test_letter_writer import LETTER
from tests.render.test_pdf import CREDIT_NOTE, INVOICE, RECEIPT, RENDERER, described, text_of

LOGO = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6360f8cf00000301"
    "0100c9fe92ef0000000049454e44ae426082"
)
ISSUER = replace(INVOICE.issuer, logo=LOGO, bank=BankAccount("Southern", number="1234"))
NOTHING = Money(0, "AUD")
STATEMENT = StatementDocument(
    account="C00001",
    issuer=ISSUER,
    customer=INVOICE.customer,
    since=date(2026, 2, 1),
    day=date(2026, 3, 31),
    rows=tuple(
        StatementRow(date(2026, 3, 12), movement, INVOICE.total, INVOICE.total, "502", "R-000001")
        for movement in Movement
    ),
    balance=INVOICE.total,
    ages=Ages(INVOICE.total, NOTHING, NOTHING, NOTHING),
)
KINDS: dict[str, Document] = {
    "invoice": replace(INVOICE, issuer=ISSUER),
    "void": replace(INVOICE, void=True, voided_on=date(2026, 3, 20)),
    "paid": replace(INVOICE, paid=INVOICE.total, balance=Money(0, "AUD")),
    "receipt": replace(RECEIPT, lines=INVOICE.lines),
    "credit_note": CREDIT_NOTE,
    "statement": STATEMENT,
}
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_WRITER = LetterWriter(TEMPLATES, RENDERER)


def sent(document: Document) -> bytes:
    written = _WRITER.write(replace(LETTER, document=document, filename=document.filename))
    (attached,) = email.message_from_bytes(written.mime, policy=default).iter_attachments()
    return bytes(attached.get_content())


@pytest.fixture(params=[(kind, language) for kind in KINDS for language in LANGUAGES], ids="-".join)
def pdf(request: pytest.FixtureRequest) -> pikepdf.Pdf:
    kind, language = request.param
    return pikepdf.open(io.BytesIO(sent(replace(KINDS[kind], locale=language))))


def elements(root: Any) -> list[Any]:
    """Return the elements of a tree of tags, in the order of reading."""
    if isinstance(root, pikepdf.Array):
        return [found for one in root for found in elements(one)]  # type: ignore[attr-defined]
    if not isinstance(root, pikepdf.Dictionary) or "/S" not in root:
        return elements(root.K) if isinstance(root, pikepdf.Dictionary) and "/K" in root else []
    return [root, *(elements(root.K) if "/K" in root else [])]


def test_a_document_says_which_standards_it_keeps_its_language_and_its_title(pdf: pikepdf.Pdf) -> None:
    packet = ElementTree.fromstring(pdf.Root.Metadata.read_bytes())  # noqa: S314 - our own
    (description,) = [packet.find(f"{RDF}RDF")]
    assert len(packet.findall(f".//{RDF}RDF")) == 1
    text = ElementTree.tostring(description)  # type: ignore[arg-type]
    for mark in (b'part="3"', b'conformance="A"', b"part>1<", b"pdfuaid</"):
        assert mark in text
    assert pdf.Root.Lang
    assert pdf.Root.MarkInfo.Marked
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.docinfo["/Title"]).encode() in pdf.Root.Metadata.read_bytes()
    assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
    assert all(page.Tabs == "/S" for page in pdf.pages)


def test_only_tables_are_tables_and_each_of_their_rows_and_columns_has_a_head(pdf: pikepdf.Pdf) -> None:
    found = elements(pdf.Root.StructTreeRoot.K)
    rows = [element for element in found if element.S == "/TR"]
    assert rows
    for row in rows:
        assert "/TH" in {str(cell.S) for cell in elements(row.K)} or all(
            "/Headers" in cell.A for cell in elements(row.K) if cell.S == "/TD"
        )
    assert len([element for element in found if element.S == "/H1"]) == 1


def test_pictures_and_links_say_in_words_what_they_are(pdf: pikepdf.Pdf) -> None:
    figures = [one for one in elements(pdf.Root.StructTreeRoot.K) if one.S == "/Figure"]
    assert all(str(figure.get("/Alt", "")) for figure in figures)
    notes = [note for page in pdf.pages for note in page.get("/Annots", [])]  # type: ignore[attr-defined]
    assert all(str(note.get("/Contents", "")) for note in notes)
    assert all(int(note.F) == 4 for note in notes)


def test_every_letter_is_embedded_and_none_is_missing(pdf: pikepdf.Pdf) -> None:
    fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
    assert fonts
    for font in fonts:
        below = font.DescendantFonts[0].FontDescriptor
        assert {"/FontFile2", "/FontFile3"} & set(below.keys())
        assert "/ToUnicode" in font


def test_what_no_font_has_is_left_out_and_no_box_stands_in_its_place() -> None:
    pdf = RENDERER.render(described("Party \U0001f389 food \ue000 here \U000e0041"))
    assert "Party food here" in text_of(pdf)
    assert isinstance(pdf, IncompletePdf)
    assert not isinstance(RENDERER.render(described("Party")), IncompletePdf)
    assert b"\xff\xfd" not in pdf
