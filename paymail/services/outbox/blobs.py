"""Bytes kept by their SHA-256, each once."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from paymail.db import insert_all_once, insert_once
from paymail.errors import Gone, NotFound
from paymail.models import Blob


class NoSuchBlob(NotFound):
    """Nothing is kept under this digest."""

    code = "no_such_blob"


class Erased(Gone):
    """The bytes were erased, by retention or on a person's request; digest and size remain."""

    code = "erased"


def keep(session: Session, *, content: bytes, now: datetime) -> str:
    """Keep `content` and return its digest; the same bytes are kept once."""
    digest = hashlib.sha256(content).hexdigest()
    values = {"sha256": digest, "size": len(content), "content": content, "created_at": now}
    if not insert_once(session, Blob, values):
        keep_again(session, content=content, now=now)
    return digest


def keep_all(session: Session, *, contents: Iterable[bytes], now: datetime) -> None:
    """Keep some contents, each once, by one statement where they are new."""
    by_digest = {hashlib.sha256(content).hexdigest(): content for content in contents}
    rows = [
        {"sha256": digest, "size": len(content), "content": bytes(content), "created_at": now}
        for digest, content in sorted(by_digest.items())  # in one order, so that two never wait crosswise
    ]
    inserted = insert_all_once(session, Blob, rows, key=Blob.sha256, returning=Blob.sha256)
    for digest in sorted(by_digest.keys() - inserted.keys()):
        keep_again(session, content=by_digest[digest], now=now)


def renew(session: Session, *, contents: Iterable[bytes], now: datetime) -> None:
    """Keep some contents that were kept before for as long as if they were new."""
    by_digest = {hashlib.sha256(content).hexdigest(): content for content in contents}
    if not by_digest:
        return
    # Those that somebody else is changing, or that were erased, are waited for one by one.
    free = (
        select(Blob.sha256)
        .where(Blob.sha256.in_(sorted(by_digest)), Blob.erased_at.is_(None))
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    touched = update(Blob).where(Blob.sha256.in_(select(free.c.sha256))).values(created_at=now)
    statement = touched.returning(Blob.sha256).execution_options(synchronize_session=False)
    renewed = set(session.scalars(statement))
    for digest in sorted(by_digest.keys() - renewed):
        keep_again(session, content=by_digest[digest], now=now)


def keep_again(session: Session, *, content: bytes, now: datetime) -> str:
    """Keep `content` that was kept before for as long as if it were new, and return its digest."""
    digest = hashlib.sha256(content).hexdigest()
    # Takes the row's lock, so that an erasure at the same time either is seen here or finds it young again.
    touched = update(Blob).where(Blob.sha256 == digest).values(created_at=now).returning(Blob.erased_at)
    erased_at = session.scalar(touched.execution_options(synchronize_session=False))
    if erased_at is not None:
        session.execute(
            update(Blob)
            .where(Blob.sha256 == digest)
            .values(content=content, erased_at=None)
            .execution_options(synchronize_session=False)
        )
    return digest


def fetch(session: Session, *, sha256: str) -> bytes:
    """Return the bytes of a digest. Raises NoSuchBlob, Erased."""
    blob = session.get(Blob, sha256)
    if blob is None:
        raise NoSuchBlob("this file is not stored")
    if blob.erased_at is not None:
        raise Erased(
            f"this {blob.size}-byte file was erased on {blob.erased_at:%Y-%m-%d}; its SHA-256 is {sha256}"
        )
    return blob.content


def erased(session: Session, *, digests: Iterable[str | None]) -> dict[str, datetime]:
    """Return which of these are erased, and since when."""
    wanted = [digest for digest in digests if digest]
    statement = select(Blob.sha256, Blob.erased_at).where(Blob.sha256.in_(wanted))
    return {digest: at for digest, at in session.execute(statement) if at is not None}


def erase(
    session: Session, *, digests: Iterable[str], now: datetime, kept_before: datetime | None = None
) -> int:
    """Empty these contents, but for any that was kept again since `kept_before`; return how many."""
    wanted, count = list(digests), 0
    for start in range(0, len(wanted), 500):
        statement = update(Blob).where(Blob.sha256.in_(wanted[start : start + 500]), Blob.erased_at.is_(None))
        if kept_before is not None:
            statement = statement.where(Blob.created_at < kept_before)
        emptied = statement.values(content=b"", erased_at=now).returning(Blob.sha256)
        rows = session.scalars(emptied.execution_options(synchronize_session=False))
        count += len(rows.all())
    return count
