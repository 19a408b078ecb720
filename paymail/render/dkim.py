"""DKIM: a signature over the finished MIME, so that receivers know the mail is the domain's and unchanged.

dkimpy signs; this module fixes the time, the headers and when to sign at all.
Sources: RFC 6376 §5.4 (which headers), §8.15 (headers added later), RFC 8301 §3 (rsa-sha256, key sizes).
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import dkim
from dkim.crypto import (
    DigestTooLargeError,
    RSASSA_PKCS1_v1_5_sign,
    RSASSA_PKCS1_v1_5_verify,
    parse_pem_private_key,
)

from paymail.errors import Misconfigured

_SIGNED = (
    "from to cc subject date message-id reply-to in-reply-to references mime-version content-type"
    " auto-submitted"
).split()
_LEAST_BITS = 1024


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain (IDNA, lower case) and its subdomains; `key` is the RSA key's PEM."""

    domain: str
    selector: str
    key: bytes = field(repr=False)

    @classmethod
    def load(cls, *, domain: str, selector: str, key_file: Path) -> Self:
        """Read the key. Raises Misconfigured, naming the file, if it cannot be read or is no RSA key."""
        try:
            # dkimpy looks for bare line feeds around the key.
            pem = key_file.read_bytes().replace(b"\r\n", b"\n")
        except OSError as error:
            raise Misconfigured(f"PAYMAIL_DKIM_KEY_FILE {key_file}: {error.strerror}") from error
        _refuse_bad_key(pem, key_file)
        return cls(domain, selector, pem)

    def covers(self, address: str) -> bool:
        """Return whether mail from this address (domain in IDNA) is ours to sign: alignment of RFC 7489."""
        domain = address.rpartition("@")[2].lower()
        return domain == self.domain or domain.endswith(f".{self.domain}")

    def sign(self, mime: bytes, date: datetime) -> bytes:
        """Return `mime` behind its signature, relaxed/relaxed, dated `date`: equal mail gives equal bytes.

        Each header is named once more than it stands, so that none can be added unseen.
        """
        header: bytes = _Dated(mime, date).sign(
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in (*_SIGNED, *_SIGNED)],
        )
        return header + mime


class _Dated(dkim.DKIM):
    """dkimpy's signer with a given time: its own reads the clock, and a retry must give the same bytes."""

    def __init__(self, message: bytes, date: datetime) -> None:
        super().__init__(message, signature_algorithm=b"rsa-sha256")
        self._seconds = str(int(date.timestamp())).encode()

    def gen_header(self, fields: list[tuple[bytes, bytes]], *rest: Any, **more: Any) -> bytes:
        fields[:] = [(tag, self._seconds if tag == b"t" else value) for tag, value in fields]
        header: bytes = super().gen_header(fields, *rest, **more)
        return header


def _refuse_bad_key(pem: bytes, key_file: Path) -> None:
    digest = hashlib.sha256(b"paymail")
    try:
        key = parse_pem_private_key(pem)
        bits = int(key["modulus"]).bit_length()
        fits = RSASSA_PKCS1_v1_5_verify(digest, RSASSA_PKCS1_v1_5_sign(digest, key), key)
    except (dkim.UnparsableKeyError, DigestTooLargeError, ValueError, LookupError, TypeError, AssertionError):
        # `from None`: what the parser stumbled over may be quoted in its message.
        raise Misconfigured(
            f"PAYMAIL_DKIM_KEY_FILE {key_file} is not an unencrypted RSA key in PEM format"
        ) from None
    if not fits or bits < _LEAST_BITS:
        raise Misconfigured(
            f"PAYMAIL_DKIM_KEY_FILE {key_file} is not a valid RSA key of at least {_LEAST_BITS} bits"
        )
