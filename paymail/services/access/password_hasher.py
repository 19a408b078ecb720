"""Hashes of passwords: Argon2id, and what a guess costs."""

import unicodedata

from pwdlib import PasswordHash

_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$G2vBfYtQvgiCaHjg+unkjw$ynm6i2eiyWrz4e70F4SFJrLcsGJgCy+Gxl1MNhYBBlU"
"""The hash of a random password that was thrown away. A test checks that it costs what a new hash costs."""


class PasswordHasher:
    """Makes and checks hashes. Each takes 64 MiB and a tenth of a second: never inside a transaction."""

    def __init__(self, hashes: PasswordHash | None = None, nobody: str = _NOBODY) -> None:
        self._hashes = hashes or PasswordHash.recommended()
        self._nobody = nobody

    def hash(self, password: str) -> str:
        """Return the hash to keep."""
        return self._hashes.hash(_bytes(normal(password)))

    def matches(self, password: str, kept: str | None) -> bool:
        """Whether this is the password of a hash; for an unknown account (None), no, after the same work."""
        # Passwords that were set before they were normalised are kept as they were typed.
        typed = dict.fromkeys((normal(password), password))
        right = any(self._hashes.verify(_bytes(form), kept or self._nobody) for form in typed)
        return right and kept is not None


def normal(password: str) -> str:
    """Return a password as it is hashed: keyboards compose the same letter in different ways (NFC)."""
    return unicodedata.normalize("NFC", password)


def _bytes(password: str) -> bytes:
    # A lone surrogate (from a hostile form) has no UTF-8 form; it must be refused, not raise.
    return password.encode("utf-8", "surrogatepass")
