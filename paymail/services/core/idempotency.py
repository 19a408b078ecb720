"""Keys under which a request is done once, kept with what was asked and what it led to.

The row of a key is written first, in the transaction that does what was asked. So of two requests with one
key, however concurrent, the second waits for the first and finds what it did; if the first is rolled back,
so is its row. Source: IETF draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.errors import Conflict
from paymail.models import IdempotentRequest

BULK_SEND, MANUAL_PAYMENT, REFUND = "bulk_send", "manual_payment", "refund"
"""Scopes of keys that mean one request whatever it is about."""
ANOTHER = "this Idempotency-Key was already used for a different request"


class KeyReused(Conflict):
    """The same idempotency key came with another request: one of the two is a mistake."""

    code = "idempotency_key_reused"


def invoice_email(invoice_id: int) -> str:
    """Return the scope of keys for sending this invoice."""
    return f"invoice_email:{invoice_id}"


def receipt(payment_id: int) -> str:
    """Return the scope of keys for sending the receipt of this payment again."""
    return f"receipt:{payment_id}"


def digest(text: str) -> str:
    """Return 32 hex digits that stand for a text which a caller chose."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def content_digest(*parts: object) -> str:
    """Return the digest of what was asked; amounts in minor units, instants in UTC."""
    return digest("\n".join(map(str, parts)))


def reserve(
    session: Session, *, scope: str, key: str, actor: str, now: datetime
) -> tuple[IdempotentRequest, bool]:
    """Return the request of a key, and whether this is its first time; keys of different callers must differ.

    The first time the caller fills in the content's digest and what it led to; later it passes the content
    to `check`.
    """
    hidden = digest(key)  # what a caller chooses as a key is not for the eyes of those who read the table
    values = {
        "scope": scope,
        "key_digest": hidden,
        "content_digest": "",
        "actor": actor,
        "created_at": now,
    }
    first = insert_once(session, IdempotentRequest, values)
    statement = select(IdempotentRequest).where(
        IdempotentRequest.scope == scope, IdempotentRequest.key_digest == hidden
    )
    return session.scalars(statement).one(), first


def check(request: IdempotentRequest, content: str, *, refusal: str = ANOTHER) -> None:
    """Raise KeyReused, saying `refusal`, if a request was made with another content than this digest's."""
    if request.content_digest != content:
        raise KeyReused(refusal)
