"""The DKIM key that mail is signed with, and whether a published one is its other half."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

from dkim.asn1 import ASN1FormatError
from dkim.crypto import UnparsableKeyError, parse_pem_private_key, parse_public_key


@dataclass(frozen=True, slots=True)
class DkimKey:
    """What we sign with."""

    domain: str
    selector: str
    key_file: Path

    @property
    def place(self) -> str:
        """The name of the published key (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    def covers(self, domain: str) -> bool:
        """Whether mail from this domain is signed: it is the key's, or below it."""
        return domain == self.domain or domain.endswith(f".{self.domain}")

    def public_half(self) -> tuple[int, int] | None:
        """Return modulus and exponent of the private key; None when it cannot be read."""
        try:
            found = parse_pem_private_key(self.key_file.read_bytes().replace(b"\r\n", b"\n"))
        except (OSError, ValueError, UnparsableKeyError, ASN1FormatError, IndexError):
            return None
        return found["modulus"], found["publicExponent"]


def key_of(domain: str, selector: str, key_file: str) -> DkimKey | None:
    """Return the key that mail is signed with; None without a domain: then it is not signed."""
    return DkimKey(domain, selector, Path(key_file)) if domain else None


def public_numbers(published: str) -> tuple[int, int] | None:
    """Return modulus and exponent of a record's `p=`; None when it is no RSA key."""
    try:
        found = parse_public_key(base64.b64decode(published, validate=True))
    except (binascii.Error, ValueError, UnparsableKeyError, ASN1FormatError, IndexError):
        return None
    return found["modulus"], found["publicExponent"]
