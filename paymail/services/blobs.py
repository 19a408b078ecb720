"""Bytes kept by their SHA-256, each once."""

import hashlib
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.errors import NotFound
from paymail.models import Blob


class NoSuchBlob(NotFound):
    """Nothing is kept under this digest."""

    code = "no_such_blob"


def keep(session: Session, *, content: bytes, now: datetime) -> str:
    """Keep `content` and return its digest; the same bytes are kept once."""
    digest = hashlib.sha256(content).hexdigest()
    values = {"sha256": digest, "size": len(content), "content": content, "created_at": now}
    insert_once(session, Blob, values)
    return digest


def fetch(session: Session, *, sha256: str) -> bytes:
    """Return the bytes of a digest. Raises NoSuchBlob."""
    blob = session.get(Blob, sha256)
    if blob is None:
        raise NoSuchBlob("these bytes are not kept here")
    return blob.content
