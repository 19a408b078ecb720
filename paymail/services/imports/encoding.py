"""Which encoding a host's file is in: found by looking at all of it, and said; nothing is replaced."""

import codecs
from typing import BinaryIO

from paymail.services.imports.faults import Fault, ImportRefused

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WINDOWS = "cp1252"
"""What Excel writes in western Europe, the Americas and Australia unless it is told otherwise."""


def find_encoding(file: BinaryIO) -> tuple[str, str]:
    """Return the encoding's name for Python, and a note for people where it is not UTF-8.

    UTF-8 is tried on the whole file before Windows-1252, in which almost any bytes mean something. Raises
    ImportRefused when neither fits.
    """
    file.seek(0)
    start = file.read(1024)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name, "" if name == "utf-8-sig" else "read as UTF-16"
    if wide := _without_mark(start):
        return wide, "read as UTF-16"
    line = _first_undecodable(file, "utf-8")
    if line is None:
        return "utf-8", ""
    if _first_undecodable(file, WINDOWS) is None:
        return WINDOWS, f"line {line} is not UTF-8, so the file was read as Windows-1252"
    advice = "save it as UTF-8 (in Excel: “CSV UTF-8”) and import it again"
    raise ImportRefused((Fault(line, "", f"is neither UTF-8 nor Windows-1252; {advice}"),))


def _without_mark(start: bytes) -> str:
    """Return the byte order of UTF-16 without its mark, which shows in the NUL of every ASCII letter."""
    even, odd = start[0:200:2], start[1:200:2]
    if len(odd) > 4 and not any(odd) and all(even):
        return "utf-16-le"
    if len(odd) > 4 and not any(even) and all(odd):
        return "utf-16-be"
    return ""


def _first_undecodable(file: BinaryIO, encoding: str) -> int | None:
    """Return the line of the first byte that is not in this encoding."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            # The decoder may have kept the beginning of a letter from the chunk before: no line ends in it.
            return lines + bytes(error.object[: error.start]).count(b"\n")
        if not chunk:
            return None
        lines += chunk.count(b"\n")
