"""QR codes (ISO/IEC 18004) as PNGs that a PDF takes as they are."""

import base64
import struct
import zlib

import segno

_SIDE = 4
"""Pixels of a module: less is blurred by printers, more is only bytes."""


def qr_address(text: str) -> str:
    """Return the QR code of a text as a `data:` address of a PNG.

    Eight-bit grey: WeasyPrint writes other depths as RGB. Error correction M with one mask for all: choosing
    among eight costs five times as much, and readers do not need it.
    """
    code = segno.make(text, error="m", boost_error=False, micro=False, mask=2)
    rows = []
    for row in code.matrix_iter(scale=1, border=0):
        pixels = b"".join((b"\0" if dark else b"\xff") * _SIDE for dark in row)
        rows += [b"\0" + pixels] * _SIDE  # each line begins with its filter: none
    return png_address(_png(len(rows), b"".join(rows)))


def png_address(png: bytes) -> str:
    """Return a PNG as a `data:` address."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _png(side: int, lines: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
