"""The return path that names its message (VERP): where a bounce goes, and which message it is about.

The 24 hex characters are the random part of the Message-ID header, 96 bits that only those know who have
the message: nobody else can make up a bounce of it.
Sources: RFC 5321 §4.4 (return path), RFC 5233 §1 (detail after a plus sign).
"""

import re

from paymail.errors import InvalidInput

_HEADER_ID = re.compile(r"<([0-9a-f]{24})@[^<>@\s]+>", re.ASCII)
# Case is not kept by every mail server on the way back, and hex does not need it.
_VERP = re.compile(r"<?[^<>@\s]+\+([0-9a-f]{24})@[^<>@\s]+>?", re.ASCII | re.IGNORECASE)


class NoToken(InvalidInput):
    """The Message-ID is not one of ours, so that no return path can be made of it."""

    code = "no_token"


def header_token(header_id: str) -> str | None:
    """Return the random part of a Message-ID header as paymail makes them, None for any other."""
    found = _HEADER_ID.fullmatch(header_id)
    return found[1] if found else None


def verp_address(bounce_address: str, header_id: str) -> str:
    """Return `bounces+<24 hex>@domain` for `bounces@domain` and `<24 hex@…>`. Raises NoToken."""
    token = header_token(header_id)
    if token is None:
        raise NoToken("the Message-ID has no random part to name in the return path")
    local, _, domain = bounce_address.rpartition("@")
    return f"{local}+{token}@{domain}"


def verp_token(address: str) -> str | None:
    """Return the 24 hex characters, lower case, that a return path carries; None when it carries none.

    `address` is one address, with or without angle brackets. That it is at the bounce domain is for the
    mail server to see to; what protects is that the token cannot be guessed.
    """
    found = _VERP.fullmatch(address.strip())
    return found[1].lower() if found else None
