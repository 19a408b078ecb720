"""API keys: `pm_{prefix}_{secret}`, shown once; only the secret's SHA-256 is kept.

The secret is 32 random bytes, so a plain digest is enough: there is no dictionary to try against it.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.clock import new_id, new_secret
from paymail.errors import Denied, InvalidInput, NotFound, Unproven
from paymail.models import ApiKey
from paymail.services.core.issuers import find_issuer

_FORM = re.compile(r"pm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_PREFIX = 12
LONGEST_NAME = 80
_NOBODY = "0" * 64
"""Compared with when the prefix is unknown, so that it is answered in the same way as a wrong secret."""


class KeyScope(StrEnum):
    """What a key may do."""

    READ = "read"
    """Look at invoices, messages and suppressions, but at nothing that holds a pay link."""
    WRITE = "write"
    """Send, cancel and suppress; and see pay links, which whoever sends emails hands out anyway."""
    BOUNCES = "bounces"
    """Hand in bounce reports, and nothing else: for the mail server that receives them."""


KEY_REQUIRED = "a valid API key is required: Authorization: Bearer pm_…"


class KeyRefused(Unproven):
    """No valid key: absent, malformed, unknown, wrong or revoked; which one is not said."""

    code = "key_refused"


class ScopeMissing(Denied):
    """The key is valid and may not do this."""

    code = "scope_missing"


class BadKeyRequest(InvalidInput):
    """A key needs a name and at least one known scope."""

    code = "bad_key_request"


class NoSuchKey(NotFound):
    """No key has this prefix."""

    code = "no_such_key"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key. `key` is the whole text, which cannot be shown again."""

    prefix: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who presented a valid key."""

    prefix: str
    name: str
    scopes: frozenset[str]
    issuer_id: int | None = None
    """The only issuer that it sees; None: every one."""

    @property
    def actor(self) -> str:
        """How the timeline names the holder."""
        return f"{self.name} (key {self.prefix})"

    def request(self, key: str | None) -> str | None:
        """Return an Idempotency-Key as it is kept: the keys of different holders do not meet."""
        return f"{self.prefix}:{key}" if key else None


def issue(
    session: Session, *, name: str, scopes: Iterable[str], now: datetime, issuer_id: int | None = None
) -> Issued:
    """Make a key, for one issuer or (None) for all. Raises BadKeyRequest, NoSuchIssuer."""
    label = " ".join(name.split())
    if not 1 <= len(label) <= LONGEST_NAME or not label.isprintable():
        raise BadKeyRequest(f"the key name must have 1 to {LONGEST_NAME} characters")
    wanted = set(scopes)
    if not wanted or wanted - set(KeyScope):
        raise BadKeyRequest(f"choose at least one scope: {', '.join(KeyScope)}")
    if issuer_id is not None:
        if KeyScope.BOUNCES in wanted:
            raise BadKeyRequest("bounce reports are of all issuers: a key for them cannot be of one")
        find_issuer(session, ref=str(issuer_id))
    prefix, secret = new_id()[:_PREFIX], new_secret()
    session.add(
        ApiKey(
            prefix=prefix,
            secret_sha256=_digest(secret),
            name=label,
            scopes=" ".join(scope for scope in KeyScope if scope in wanted),
            issuer_id=issuer_id,
            created_at=now,
        )
    )
    session.flush()
    return Issued(prefix, f"pm_{prefix}_{secret}")


def check(session: Session, *, presented: str, scope: KeyScope) -> Holder:
    """Return whose key this is. Raises KeyRefused, and ScopeMissing when it may not do `scope`.

    A revoked key is refused whenever it was revoked: hosts' clocks differ by seconds, so no time is compared.
    """
    form = _FORM.fullmatch(presented)
    row = session.get(ApiKey, form[1]) if form else None
    given = _digest(form[2] if form else presented)
    right = hmac.compare_digest(row.secret_sha256 if row else _NOBODY, given)
    if row is None or not right or row.revoked_at is not None:
        raise KeyRefused(KEY_REQUIRED)
    holder = Holder(row.prefix, row.name, frozenset(row.scopes.split()), row.issuer_id)
    if scope not in holder.scopes:
        raise ScopeMissing(f"this key does not have the scope {scope}")
    return holder


def prefix_of(presented: str) -> str:
    """Return the prefix that a key names itself by, which is no secret; `malformed` if it is no key."""
    form = _FORM.fullmatch(presented)
    return form[1] if form else "malformed"


def revoke(session: Session, *, prefix: str, now: datetime) -> ApiKey:
    """End a key; one that has ended already keeps its time. Raises NoSuchKey."""
    row = session.get(ApiKey, prefix)
    if row is None:
        raise NoSuchKey("no API key has this prefix; `paymail keys list` shows all keys")
    row.revoked_at = row.revoked_at or now
    return row


def listed(session: Session) -> list[ApiKey]:
    """Return every key, newest first, revoked ones too."""
    return list(session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.prefix)))


def _digest(secret: str) -> str:
    # A lone surrogate (from a hostile header) has no UTF-8 form; it must be refused, not raise.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
