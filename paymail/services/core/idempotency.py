"""Keys under which a request is done once."""

import hashlib

from paymail.errors import Conflict


class KeyReused(Conflict):
    """The same idempotency key came with another request: one of the two is a mistake."""

    code = "idempotency_key_reused"


def digest(text: str) -> str:
    """Return 32 hex digits that stand for a text which a caller chose."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
