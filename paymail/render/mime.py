"""MIME, assembled directly: the same letter always gives the same bytes.

Address headers are written here and not by `EmailMessage`, which folds a long display name without its
quotes, so that a comma in it becomes a second recipient.
Sources: RFC 5322 §3.4 (addresses), RFC 2047 (encoded words), RFC 2045 (quoted-printable), RFC 3834,
RFC 6531 §3.3 and RFC 6532 §3 (local parts beyond ASCII, raw UTF-8 in address headers and nowhere else).
"""

import base64
import hashlib
import quopri
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

import idna

from paymail.errors import InvalidInput
from paymail.ports.rendering import RenderedEmail

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ .,:;()\[\]-]{1,60}", re.ASCII)
"""May stand in quotes: no quote or backslash, which some parsers take for the end, no address, and no line
end inside, after which some forget the quotes."""
_LINE = 66
"""Characters of a header's value on one line; with its name it stays below 78 (RFC 5322 §2.1.1)."""
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+")
_LONGEST_ADDRESS = 254
"""Octets: a path of RFC 5321 §4.5.3.1.3 without its angle brackets."""
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.@_+-]{3,250}>", re.ASCII)
_WORD_BYTES = 42
"""Bytes in one encoded word: 42 become 56 in base64, and with `=?utf-8?b?…?=` stay under RFC 2047's 75."""


class UnsafeHeader(InvalidInput):
    """A name, address or header value could forge headers or recipients."""

    code = "unsafe_header"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name (may be empty) and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach; `filename` is ASCII."""

    filename: str
    content: bytes
    subtype: str = "pdf"


@dataclass(frozen=True, slots=True)
class Head:
    """The headers of an email."""

    subject: str
    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    reply_to: str
    message_id: str
    date: datetime
    in_reply_to: str


def wire_address(address: str) -> str:
    """Return the address as SMTP and headers carry it: domain in IDNA, local part as it is (maybe UTF-8).

    Raises UnsafeHeader for what could be misread: controls, separators, anything but atoms between dots.
    """
    local, _, domain = address.rpartition("@")
    if not all(_is_atom(atom) for atom in local.split(".")):
        raise UnsafeHeader("the part of the address before the @ contains characters that are not supported")
    try:
        whole = f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError as error:
        raise UnsafeHeader("the domain of the address is not valid") from error
    if len(whole.encode()) > _LONGEST_ADDRESS:
        raise UnsafeHeader("the address is too long")
    return whole


def _is_atom(text: str) -> bool:
    """Return whether every mail server on the way must read `text` as one atom.

    Beyond ASCII: no control, format, surrogate, private, unassigned or separator character (categories C
    and Z), no mark that would combine with the `<` or `.` before it, and nothing that a server's
    normalisation turns into ASCII specials, as the fullwidth comma does.
    """
    if text.isascii():
        return bool(_ATOM.fullmatch(text))
    plain = not any(unicodedata.category(character)[0] in "CZ" for character in text)
    folded = unicodedata.normalize("NFKC", text)
    return (
        plain
        and unicodedata.category(text[0])[0] != "M"
        and bool(_ATOM.fullmatch(text) and _ATOM.fullmatch(folded))
    )


def build(head: Head, rendered: RenderedEmail, attachments: Sequence[Attachment]) -> bytes:
    """Return mixed(alternative(text, html), attachments…), or alternative alone if nothing is attached.

    Line ends are CRLF. All ASCII, but for addresses whose local part is not.
    """
    seed = hashlib.sha256(head.message_id.encode()).hexdigest()[:24]
    outer, inner = f"=_mixed_{seed}", f"=_alt_{seed}"
    body = [
        f'Content-Type: multipart/alternative; boundary="{inner}"',
        "",
        *_text_part(inner, "plain", rendered.text),
        *_text_part(inner, "html", rendered.html),
        f"--{inner}--",
        "",
    ]
    if attachments:
        parts = [f'Content-Type: multipart/mixed; boundary="{outer}"', "", f"--{outer}", *body]
        for attachment in attachments:
            parts += _attached_part(outer, attachment)
        body = [*parts, f"--{outer}--", ""]
    return "\r\n".join([*_headers(head), "MIME-Version: 1.0", *body]).encode("utf-8")


def _headers(head: Head) -> list[str]:
    lines = [
        f"From: {_mailbox(head.sender)}",
        f"To: {_mailboxes(head.to)}",
        *([f"Cc: {_mailboxes(head.cc)}"] if head.cc else []),
        f"Subject: {_text(head.subject)}",
        f"Date: {format_datetime(head.date)}",
        f"Message-ID: {_reference(head.message_id)}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
    ]
    if head.reply_to:
        lines.append(f"Reply-To: {wire_address(head.reply_to)}")
    if head.in_reply_to:
        reference = _reference(head.in_reply_to)
        lines += [f"In-Reply-To: {reference}", f"References: {reference}"]
    return lines


def _mailboxes(mailboxes: Sequence[Mailbox]) -> str:
    return ",\r\n ".join(map(_mailbox, mailboxes))


def _mailbox(mailbox: Mailbox) -> str:
    address = wire_address(mailbox.address)
    _refuse_control(mailbox.name)
    if not mailbox.name:
        return f"<{address}>"
    # Quoted when it is short and plain, encoded words in every other case: neither holds a bare comma.
    if _PLAIN_NAME.fullmatch(mailbox.name) and "=?" not in mailbox.name:
        return f'"{mailbox.name}" <{address}>'
    return f"{_encoded_words(mailbox.name)}\r\n <{address}>"


def _text(value: str) -> str:
    _refuse_control(value)
    return (_folded(value) if value.isascii() else "") or _encoded_words(value)


def _folded(value: str) -> str:
    """Return plain text in lines that are cut at spaces; empty if it does not survive that as it is.

    RFC 2047 §5 wants encoded words only where plain text cannot stand. RFC 5322 §2.2.3: unfolding takes away
    the line end only, so that the space before a word stays.
    """
    if len(value) <= _LINE and "=?" not in value:
        return value
    words = value.split(" ")
    if "=?" in value or not all(0 < len(word) <= _LINE for word in words):
        return ""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= _LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\r\n ".join(lines)


def _encoded_words(value: str) -> str:
    words: list[str] = []
    chunk = b""
    for character in value:
        encoded = character.encode("utf-8")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(_word(chunk))
            chunk = b""
        chunk += encoded
    return "\r\n ".join([*words, _word(chunk)])


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode()}?="


def _reference(message_id: str) -> str:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise UnsafeHeader("a Message-ID is malformed")
    return message_id


def _refuse_control(value: str) -> None:
    if _CONTROL.search(value):
        raise UnsafeHeader("a header value holds a line break or control character")


def _text_part(boundary: str, subtype: str, body: str) -> list[str]:
    # A bare CR passes quoted-printable as it is, and means a line end to some mail servers only.
    lines = re.sub(r"\r\n|\r", "\n", body)
    encoded = quopri.encodestring(lines.encode("utf-8")).decode("ascii")
    return [
        f"--{boundary}",
        f'Content-Type: text/{subtype}; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        *encoded.split("\n"),
    ]


def _attached_part(boundary: str, attachment: Attachment) -> list[str]:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", attachment.filename, re.ASCII):
        raise UnsafeHeader("an attachment's file name is not plain")
    return [
        f"--{boundary}",
        f'Content-Type: application/{attachment.subtype}; name="{attachment.filename}"',
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{attachment.filename}"',
        "",
        *base64.encodebytes(attachment.content).decode("ascii").splitlines(),
    ]
