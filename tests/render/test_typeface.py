"""A face that is cut for documents is drawn as TrueType, has its own name, and is what they are set in."""

import io
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from paymail.render import typeface
from paymail.render.pdf import WeasyPdfRenderer
from paymail.wiring import TEMPLATES
from tests.render.test_pdf import described, text_of


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("faces") / "PaymailSansCJK-Regular.ttf"
    letters = {ord(letter) for letter in "Aあ株"}
    typeface._cut(typeface.NOTO / "NotoSansCJK-Regular.ttc", target, letters, "Paymail Sans CJK", ["kern"])
    return target


def test_a_cut_face_is_truetype_holds_only_what_is_asked_for_and_is_renamed(cut: Path) -> None:
    with TTFont(cut) as font:
        assert font.sfntVersion == "\x00\x01\x00\x00"
        assert "CFF " not in font
        assert set(font.getBestCmap()) == {ord(letter) for letter in "Aあ株"}
        assert (
            font["glyf"]["A" if "A" in font.getGlyphOrder() else font.getBestCmap()[65]].numberOfContours > 0
        )
        assert font["name"].getDebugName(1) == "Paymail Sans CJK"


def test_an_interruption_leaves_no_half_of_a_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_font: TTFont, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(TTFont, "save", interrupted)
    target = tmp_path / "PaymailSansCJK-Regular.ttf"
    with pytest.raises(KeyboardInterrupt):
        typeface._cut(typeface.NOTO / "NotoSansCJK-Regular.ttc", target, {65}, "Paymail Sans CJK", ["kern"])
    assert not target.exists()


def test_make_looks_for_the_face_that_is_made_last() -> None:
    rules = (Path(__file__).parents[2] / "Makefile").read_text()
    assert rules.count("test -s paymail/render/faces/PaymailSans-SemiBold.ttf ||") == 2


def test_documents_are_set_in_the_faces_that_are_there(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = (("Paymail Sans CJK", 400, cut), ("Paymail Sans", 400, cut.parent / "not-made.ttf"))
    monkeypatch.setattr(typeface, "FACES", faces)
    pdf = WeasyPdfRenderer(TEMPLATES).render(described("あ株"))
    assert "あ株" in text_of(pdf)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        names = {str(font.BaseFont) for page in opened.pages for font in page.Resources.Font.values()}
    assert any(name.endswith("Paymail-Sans-CJK") for name in names)
    assert not any(name.endswith("Noto-Sans-CJK-JP") for name in names)


def test_all_of_what_japanese_files_hold_is_in_the_japanese_face() -> None:
    letters = typeface._japanese()
    assert {ord(letter) for letter in "髙﨑①株式会社ｱ〒、。「」"} <= letters
    assert not any(0xE000 <= letter <= 0xF8FF for letter in letters)
