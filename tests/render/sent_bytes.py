"""An email as it goes out: written, encoded as MIME, and read again as a mail reader does."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import cast

import lxml.html

from paymail.documents import Document
from paymail.emails import Email
from paymail.ports.rendering import Letter
from paymail.render.letter_writer import LetterWriter
from paymail.wiring import TEMPLATES


class NoPdf:
    """A PDF engine that nobody needs here."""

    def render(self, document: Document) -> bytes:
        """Return something."""
        return b"%PDF-"


WRITER = LetterWriter(TEMPLATES, NoPdf())


@dataclass(frozen=True)
class Sent:
    """The parts of a sent email, decoded."""

    mime: bytes
    message: EmailMessage
    html: str
    text: str

    @cached_property
    def page(self) -> lxml.html.HtmlElement:
        """Its HTML as a tree."""
        return lxml.html.document_fromstring(self.html)


def sent(email: Email) -> Sent:
    """Write an email through the whole pipeline, and read it."""
    mime = WRITER.write(
        Letter(
            email=email,
            document=None,
            filename="",
            from_name=email.issuer_name,
            from_address="billing@southern-it.example",
            to_name=email.customer_name,
            to_address="accounts@vacuum.example",
            reply_to="",
            message_id="<0123456789abcdef@southern-it.example>",
            date=datetime(2026, 3, 17, tzinfo=UTC),
        )
    ).mime
    message = cast("EmailMessage", message_from_bytes(mime, policy=policy.default))
    found = {}
    for subtype in ("html", "plain"):
        part = message.get_body((subtype,))
        assert part is not None
        found[subtype] = part.get_content()
    return Sent(mime, message, found["html"], found["plain"])


def words(text: str) -> str:
    """Return a text with single spaces, and without the marks that only steer its direction."""
    return " ".join(text.replace("\u2068", "").replace("\u2069", "").split())
