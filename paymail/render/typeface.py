"""The faces that documents are set in, made once from Debian's: `python -m paymail.render.typeface [--cjk]`.

WeasyPrint embeds outlines of the CFF kind dearly: Inter costs 15 ms and 20 KB a document more than the same
drawn as TrueType, Noto Sans CJK 70 ms and 250 KB. So they are drawn anew, cut to what documents need, and
renamed, as the SIL Open Font License (section 3) asks of changed fonts. Without them documents are set in
Noto Sans.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

FOLDER = Path(__file__).parent / "faces"
FACES = (
    ("Paymail Sans", 400, FOLDER / "PaymailSans-Regular.ttf"),
    ("Paymail Sans", 600, FOLDER / "PaymailSans-SemiBold.ttf"),
    ("Paymail Sans CJK", 400, FOLDER / "PaymailSansCJK-Regular.ttf"),
    ("Paymail Sans CJK", 600, FOLDER / "PaymailSansCJK-Bold.ttf"),
)
"""Family, weight and file, as far as they were made."""
INTER = Path("/usr/share/fonts/opentype/inter")
NOTO = Path("/usr/share/fonts/opentype/noto")
_LATIN = (
    "U+0020-024F,U+0370-03FF,U+0400-04FF,U+1E00-1EFF,U+2000-206F,U+20A0-20BF,U+2116,U+2122,U+2190-2193,"
    "U+2212,U+2713"
)
_TOLERANCE = 0.6
"""How far a curve may be from the original, in the units of the face: a 1000th of its height, or less."""


def make(inter: Path, noto: Path | None) -> list[Path]:
    """Make the Latin, Greek and Cyrillic face and, from `noto`, that for Japanese. Raises OSError."""
    FOLDER.mkdir(exist_ok=True)
    latin = set(subset.parse_unicodes(_LATIN))
    made = []
    for weight in ("Regular", "SemiBold"):
        source, target = inter / f"Inter-{weight}.otf", FOLDER / f"PaymailSans-{weight}.ttf"
        _cut(source, target, latin, "Paymail Sans", ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"])
        made.append(target)
    for weight in ("Regular", "Bold") if noto else ():
        source, target = (noto or NOTO) / f"NotoSansCJK-{weight}.ttc", FOLDER / f"PaymailSansCJK-{weight}.ttf"
        _cut(source, target, _japanese(), "Paymail Sans CJK", ["kern", "locl", "ccmp"])
        made.append(target)
    return made


def _japanese() -> set[int]:
    """Return what Windows-31J has: JIS X 0208 with the characters of NEC and IBM."""
    found = set(range(0x20, 0x7F)) | {0xA5, 0x2010, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2212}
    for lead in range(0x81, 0xFD):
        for trail in range(0x40, 0xFD):
            text = bytes([lead, trail]).decode("cp932", "ignore")
            found.update(ord(letter) for letter in text if not "\ue000" <= letter <= "\uf8ff")
    return found


def _cut(source: Path, target: Path, letters: Iterable[int], family: str, features: list[str]) -> None:
    options = subset.Options(
        layout_features=features, name_IDs=["*"], desubroutinize=True, hinting=False, font_number=0
    )
    with subset.load_font(str(source), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=letters)
        cutter.subset(font)
        for record in font["name"].names:
            if record.nameID in {1, 3, 4, 16}:
                record.string = family
            elif record.nameID == 6:
                record.string = target.stem
        _draw_as_truetype(font)
        # Whoever is interrupted leaves no half of a face.
        part = target.with_suffix(".part")
        font.save(part)
        part.replace(target)


def _draw_as_truetype(font: TTFont) -> None:
    """Replace the cubic outlines (CFF) by quadratic ones (glyf). Source: OpenType 1.9, "glyf", "maxp"."""
    order, glyphs, drawn = font.getGlyphOrder(), font.getGlyphSet(), {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, _TOLERANCE, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"] = newTable("loca")
    table = font["glyf"] = newTable("glyf")
    table.glyphOrder, table.glyphs = order, drawn
    for name in order:
        table[name].recalcBounds(table)
    for gone in ("CFF ", "VORG"):
        if gone in font:
            del font[gone]
    most = font["maxp"]
    most.tableVersion, most.maxZones = 0x00010000, 1
    for field in (
        "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
        "maxSizeOfInstructions", "maxComponentElements", "maxPoints", "maxContours", "maxCompositePoints",
        "maxCompositeContours", "maxComponentDepth",
    ):  # fmt: skip
        setattr(most, field, 0)
    post = font["post"]
    post.formatType, post.extraNames, post.mapping, post.glyphOrder = 2.0, [], {}, order
    font.sfntVersion = "\x00\x01\x00\x00"


def style() -> str:
    """Return the `@font-face` rules of the faces that were made."""
    return "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};src:url({file.as_uri()})}}'
        for family, weight, file in FACES
        if file.is_file()
    )


def main() -> None:
    """Make the faces, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m paymail.render.typeface", description=main.__doc__)
    parser.add_argument("--inter", type=Path, default=INTER, help="folder of Debian's fonts-inter")
    parser.add_argument("--cjk", action="store_true", help="that for Japanese too: half a minute")
    given = parser.parse_args()
    if not given.inter.is_dir():
        print(f"{given.inter} is not there: documents are set in Noto Sans")
        return
    for file in make(given.inter, NOTO if given.cjk else None):
        print(f"{file.name}: {file.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
