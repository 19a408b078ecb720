"""The very bytes of an email: what was handed over, and what was attached."""

from enum import StrEnum

from sqlalchemy.orm import Session

from paymail.errors import NotFound
from paymail.services.lists import lookup
from paymail.services.lists.lookup import NotWrittenYet
from paymail.services.outbox import blobs


class Part(StrEnum):
    """Which bytes; the value is the column of their digest."""

    EMAIL = "mime_sha256"
    PDF = "pdf_sha256"


class NothingAttached(NotFound):
    """This email has no attachment."""

    code = "nothing_attached"


def bytes_of(session: Session, *, message_id: int, part: Part) -> bytes:
    """Return the bytes of a message. Raises NoSuchMessage, NotWrittenYet, NothingAttached, NoSuchBlob."""
    message = lookup.message(session, message_id=message_id)
    if message.mime_sha256 is None:
        raise NotWrittenYet("the email for this message has not been created yet")
    digest = message.mime_sha256 if part is Part.EMAIL else message.pdf_sha256
    if digest is None:
        raise NothingAttached("this message has no attachment")
    return blobs.fetch(session, sha256=digest)
