"""Taking emails apart for their readers: files of the mailbox, previews, kept bytes.

What is in them is shown, never trusted.
"""

import email
import email.policy
import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

from paymail.errors import NotFound

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,160}\.eml", re.ASCII)
_ASCII_RUN = re.compile(r"[\x00-\x7f]+")


class NoSuchMail(NotFound):
    """The mailbox has no file of that name."""

    code = "no_such_mail"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One stored email, taken apart."""

    name: str
    subject: str
    sender: str
    recipient: str
    date: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[Attachment, ...]


def list_names(folder: Path, *, limit: int = 50, offset: int = 0) -> list[str]:
    """Return file names, newest first; their names begin with the time of delivery."""
    if not folder.is_dir():
        return []
    names = sorted((p.name for p in folder.iterdir() if _NAME.fullmatch(p.name)), reverse=True)
    return names[offset : offset + limit]


def read(folder: Path, name: str) -> Mail:
    """Take one file of the mailbox apart. Raises NoSuchMail, also for names that lead elsewhere."""
    if not _NAME.fullmatch(name):
        raise NoSuchMail("email not found")
    try:
        raw = (folder / name).read_bytes()
    except OSError as error:
        raise NoSuchMail("email not found") from error
    return take_apart(raw, name=name)


def take_apart(raw: bytes, *, name: str = "") -> Mail:
    """Return the parts of an email's bytes. `name` is the file's, if it has one."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    headers = tuple((key, _decoded(str(value))) for key, value in message.raw_items())
    first = dict(reversed(headers))
    return Mail(
        name=name,
        subject=first.get("Subject", ""),
        sender=first.get("From", ""),
        recipient=first.get("To", ""),
        date=first.get("Date", ""),
        headers=headers,
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=tuple(_attachment(part) for part in message.iter_attachments()),
    )


def _decoded(value: str) -> str:
    # Headers may hold raw UTF-8 (RFC 6532), which the parser leaves as surrogates.
    whole = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _ASCII_RUN.sub(lambda run: _words_decoded(run[0]), "".join(whole.splitlines()))


def _words_decoded(text: str) -> str:
    if "=?" not in text:
        return text
    # By the older decoder: the newer one puts a space between adjacent encoded words (RFC 2047 §6.2).
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, ValueError, LookupError):
        return text


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def _attachment(part: EmailMessage) -> Attachment:
    content = part.get_payload(decode=True)
    return Attachment(
        filename=part.get_filename() or "attachment",
        content_type=part.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
    )
