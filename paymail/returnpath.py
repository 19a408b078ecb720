"""The envelope sender of each message (VERP), so that a bounce says by its address what it is about.

`bounces@pay.example` and the Message-ID `<0123…@shop.example>` give `bounces+0123…@pay.example`.
"""

import re

_TOKEN = re.compile(r"<([0-9a-f]{24})@[^<>@\s]+>", re.ASCII)
_VERP = re.compile(r"[^@+\s]+\+([0-9a-f]{24})@[^@\s]+", re.ASCII | re.IGNORECASE)


def verp_address(bounce_address: str, header_id: str) -> str:
    """Return the envelope sender for the message of a Message-ID; plain if the id is not one of ours."""
    found = _TOKEN.fullmatch(header_id)
    local, _, domain = bounce_address.rpartition("@")
    return f"{local}+{found[1]}@{domain}" if found else bounce_address


def verp_token(address: str) -> str | None:
    """Return the 24 hex of such an address, lower case; None if it is not one."""
    found = _VERP.fullmatch(address.strip().strip("<>"))
    return found[1].lower() if found else None
