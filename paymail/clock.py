"""The only place that reads the clock and the OS's randomness.

Everything else is passed `now` (aware, UTC), so that ladders, leases and links are plain tables in tests.
"""

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def new_payment_token() -> str:
    """Return 32 bytes of the OS's randomness as 64 lower-case hex characters."""
    return secrets.token_hex(32)


def new_secret(size: int = 32) -> str:
    """Return a URL-safe secret of `size` random bytes: sessions, CSRF, API keys."""
    return secrets.token_urlsafe(size)


VERIFY_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U, which are taken for others (Crockford's Base32)."""


def new_verify_code() -> str:
    """Return ten random letters and digits (50 bits), short enough to be typed from paper."""
    return "".join(secrets.choice(VERIFY_LETTERS) for _ in range(10))


def new_totp_secret() -> str:
    """Return 20 random bytes in Base32, as apps for one-time codes take them (RFC 4226, section 4)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def new_recovery_code() -> str:
    """Return sixteen random letters and digits (80 bits) in groups of four."""
    return "-".join("".join(secrets.choice(VERIFY_LETTERS) for _ in range(4)) for _ in range(4))


def new_id() -> str:
    """Return 24 random hex characters, for Message-IDs and MIME boundaries."""
    return secrets.token_hex(12)
