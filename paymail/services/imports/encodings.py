"""Which encoding a host's file is in: found by looking at all of it, and said; nothing is replaced."""

import codecs
import re
from typing import BinaryIO

from paymail.services.imports.faults import Fault, ImportRefused

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
"""The mark, what it makes Python read the file as, and what the bytes are then in."""
_UTF_8_LETTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", re.DOTALL
)
_ADVICE = "save it as UTF-8 (in Excel: “CSV UTF-8”) and import it again"
WINDOWS = "cp1252"
"""What Excel writes in western Europe, the Americas and Australia unless it is told otherwise."""


def find_encoding(file: BinaryIO) -> tuple[str, str]:
    """Return the encoding's name for Python, and a note for people where it is not UTF-8.

    UTF-8 is tried on the whole file before Windows-1252, in which almost any bytes mean something: a file
    with letters of UTF-8 in it is not read as such. Raises ImportRefused, with the line, when nothing fits.
    """
    file.seek(0)
    start = file.read(1024)
    for mark, name, kind in _MARKS:
        if start.startswith(mark):
            _all_of(file, kind)
            return name, "" if name == "utf-8-sig" else "read as UTF-16"
    if wide := _without_mark(start):
        _all_of(file, wide)
        return wide, "read as UTF-16"
    line = _first_undecodable(file, "utf-8")
    if line is None:
        return "utf-8", ""
    if _has_utf_8(file):
        raise ImportRefused((Fault(line, "", f"is not UTF-8 as the rest is (mixed encodings); {_ADVICE}"),))
    if _first_undecodable(file, WINDOWS) is None:
        return WINDOWS, f"line {line} is not UTF-8, so the file was read as Windows-1252"
    raise ImportRefused((Fault(line, "", f"is neither UTF-8 nor Windows-1252; {_ADVICE}"),))


def hold_to(file: BinaryIO, encoding: str) -> str:
    """Return for Python the encoding that somebody asked for. Raises ImportRefused where the file is not."""
    if encoding == "utf-16":
        found, _note = find_encoding(file)
        line, encoding = None if found.startswith(encoding) else 1, found
    else:
        line = _first_undecodable(file, encoding)
    if line is not None:
        raise ImportRefused((Fault(line, "", "has letters that are not in the encoding that was chosen"),))
    return encoding


def _without_mark(start: bytes) -> str:
    """Return the byte order of UTF-16 without its mark, which shows in the NUL of every ASCII letter."""
    even, odd = start[0:200:2], start[1:200:2]
    if len(odd) > 4 and not any(odd) and all(even):
        return "utf-16-le"
    if len(odd) > 4 and not any(even) and all(odd):
        return "utf-16-be"
    return ""


def _all_of(file: BinaryIO, kind: str) -> None:
    """Hold a file to the encoding that its first bytes promise. Raises ImportRefused."""
    line = _first_undecodable(file, kind)
    if line is not None:
        name = "UTF-8" if kind == "utf-8" else "UTF-16"
        raise ImportRefused((Fault(line, "", f"is not {name} as the file's beginning is; {_ADVICE}"),))


def _has_utf_8(file: BinaryIO) -> bool:
    """Return whether letters beyond ASCII are written as UTF-8 anywhere."""
    file.seek(0)
    rest = b""
    while chunk := file.read(_CHUNK):
        if _UTF_8_LETTER.search(rest + chunk):
            return True
        rest = chunk[-3:]
    return False


def _first_undecodable(file: BinaryIO, encoding: str) -> int | None:
    """Return the line of the first byte that is not in this encoding."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            lines += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as error:
            return lines + bytes(error.object[: error.start]).decode(encoding).count("\n")
        if not chunk:
            return None
