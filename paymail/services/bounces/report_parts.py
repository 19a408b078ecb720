"""The parts of a report, decoded: its status blocks, its own words, and the message that it returns."""

import re
from collections.abc import Iterator
from email import message_from_string, policy
from email.message import Message

_STATUS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
_LONGEST = 20_000
"""Characters of a report's own words. What it says comes first."""
_MOST_BLOCKS = 60
_LONG_LINE = re.compile(r"([^\n]{1000})[^\n]+")
"""No server writes one: base64 hides it from the parser, which cuts them too."""
_TAG = re.compile(
    r"<(?:style|script)\b.{0,5000}?</(?:style|script)>|<[^<>@]{1,500}>", re.DOTALL | re.IGNORECASE
)
_BLANK_LINES = re.compile(r"\n[ \t]*\n")
_COPY_BEGINS = re.compile(
    # A line of its own that says so, or the first header of a copy that nothing announces.
    # One class for what may lead it: of three in a row each blank could belong to two.
    r"^[ \t|>*_=-]*(?:(?:below|this)\b[^\n]{0,30}\bcopy of (?:the|your)\b[^\n]{0,80}"
    r"|(?:the )?(?:original|returned|unsent|undelivered|failed) (?:message|mail)"
    r"(?: (?:info|follows|headers?|text))*"
    r"|message (?:text|headers?|contents?) follows?|(?:a )?copy of the (?:original )?message[^\n]{0,40})"
    r"[ \t.:|=*_-]*$"
    r"|^(?P<header>received|return-path|x-received|dkim-signature|message-id|mime-version):[ \t]*\S"
    r"|^content-type:[ \t]*(?:message/(?:rfc822|global)|text/rfc822-headers)\b",
    re.IGNORECASE | re.MULTILINE,
)


def kinds(message: Message) -> Iterator[tuple[str, Message]]:
    """Yield the report's own parts with their types, in order; what is inside a returned message is not."""
    kind = message.get_content_type().partition("\n")[0].strip()  # some forget the semicolon after it
    yield kind, message
    if message.get_content_maintype() == "multipart":
        for child in children(message):
            yield from kinds(child)


def children(part: Message) -> list[Message]:
    """Return the parts that a part consists of."""
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def status_blocks(message: Message) -> Iterator[Message]:
    """Yield the blocks of fields of the status parts (RFC 3464 §2.1), of broken ones as well."""
    for kind, part in kinds(message):
        if kind in _STATUS:
            yield from blocks(text_of(part))


def blocks(text: str) -> list[Message]:
    """Return blocks of fields that an empty line ends, in a text of which they may be only a part."""
    cut = [one.strip("\n") for one in _BLANK_LINES.split(text)[:_MOST_BLOCKS]]
    return [message_from_string(one, policy=policy.compat32) for one in cut if ":" in one]


def text_of(part: Message) -> str:
    """Return a part as text, with its transfer encoding and charset undone as far as they make sense."""
    if part.is_multipart():
        # The parser took a message/… part apart: put together what was one text, and undo its encoding.
        raw = "\n\n".join(_source(child) for child in children(part))
        bare = Message()
        bare["Content-Transfer-Encoding"] = str(part.get("Content-Transfer-Encoding") or "")
        bare.set_payload(raw)
        payload = bare.get_payload(decode=True)
    else:
        payload = part.get_payload(decode=True)
    text = payload[: 8 * _LONGEST] if isinstance(payload, bytes) else b""
    lines = _decoded(text, part).replace("\r\n", "\n").replace("\r", "\n")
    return _LONG_LINE.sub(r"\1", lines)


def _source(part: Message) -> str:
    lines = [f"{name}: {value}" for name, value in part.raw_items()]
    rest = part.get_payload()
    inner = rest if isinstance(rest, str) else "\n\n".join(_source(child) for child in children(part))
    return "\n".join(lines) + (f"\n\n{inner}" if lines and inner else inner)


def _decoded(raw: bytes, part: Message) -> str:
    charset = str(part.get_param("charset") or "utf-8") if part.get_content_maintype() == "text" else "utf-8"
    for one in ("iso-2022-jp", charset, "utf-8") if b"\x1b$" in raw else (charset, "utf-8"):
        try:
            return raw.decode(one)
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def own_words(message: Message) -> str:
    """Return what the reporting server wrote itself: the text up to the copy of the returned message."""
    texts = {"text/plain": "", "text/html": ""}
    for kind, part in kinds(message):
        if kind in _RETURNED:
            break
        if kind in texts and not part.is_multipart():
            texts[kind] += text_of(part)[:_LONGEST] + "\n\n"
        elif kind.startswith("multipart/") and not part.is_multipart():
            texts["text/plain"] += text_of(part)  # its boundary is wrong: all of it is one text
    plain = (
        texts["text/plain"] if texts["text/plain"].strip() else _TAG.sub(" ", texts["text/html"][:_LONGEST])
    )
    found = _COPY_BEGINS.search(plain)
    return plain[: found.start() if found else _LONGEST][:_LONGEST]


def returned(message: Message) -> Iterator[Message]:
    """Yield the headers of the returned message: of each part that holds it, then of a copy in the text."""
    for kind, part in kinds(message):
        if kind in ("message/rfc822", "message/global"):
            yield from children(part)[:1] or blocks(text_of(part))[:1]
        elif kind in _RETURNED:
            yield from blocks(_BLANK_LINES.split(text_of(part).lstrip())[0])
        elif kind == "text/plain" or (kind.startswith("multipart/") and not part.is_multipart()):
            text = text_of(part)
            if found := _COPY_BEGINS.search(text):
                start = found.start() if found["header"] else found.end()
                yield from blocks(_BLANK_LINES.split(text[start:].lstrip())[0])
