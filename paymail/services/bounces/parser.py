"""Reading a report: RFC 3464 first, flufl.bounce for servers that do not follow it. Never raises.

A report is hostile input: anybody can mail the bounce address. Hence the caps, and hence only random ids
tie it to a message.
"""

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parseaddr

from flufl.bounce import all_failures

from paymail.observability import one_line
from paymail.ports.return_path import verp_token
from paymail.services.bounces.report import Finding, Kind, Report

LARGEST = 25 * 1024 * 1024
"""Bytes of a report that are taken at all; what mail servers commonly let through."""
_READ = 256 * 1024
"""Bytes that are looked at. What a report says comes before the returned message's attachments."""
_MOST_BOUNDARIES = 30
_MOST_RECIPIENTS = 50
_LONG_LINE = re.compile(rb"([^\n]{1000})[^\n]+")
_BLANK_RUN = re.compile(rb"(?:\r?\n){3,}")
_ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,80}\+[0-9a-f]{24}@[^\s<>,;:\"()]{1,255}", re.ASCII | re.IGNORECASE)
_ENVELOPE_ID = re.compile(r"\s*<?([0-9a-f]{24})(?:@\S*)?\s*", re.ASCII | re.IGNORECASE)
_HEADER_ID = re.compile(r"<[^<>@\s]{1,100}@[^<>@\s]{1,200}>", re.ASCII)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])", re.ASCII)
_DAEMON = re.compile(r"mailer-?daemon|postmaster|mail delivery|mdaemon|maildelivery", re.IGNORECASE)
_ENVELOPE_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


def parse(raw: bytes) -> Report:
    """Read one report, whatever the bytes; what cannot be read is a Report with its `fault`."""
    digest = hashlib.sha256(raw).hexdigest()
    if len(raw) > LARGEST:
        return Report(digest, fault="larger than 25 MB")
    small = _tamed(raw)
    if small.lower().count(b"boundary") > _MOST_BOUNDARIES:
        return Report(digest, fault="nested too deeply")
    try:
        # compat32: newer policies parse each header's grammar, slowly and with exceptions of their own.
        return _read(digest, message_from_bytes(small, policy=policy.compat32))
    except Exception as error:
        # The email package and flufl.bounce raise all sorts of things on bytes made to harm them.
        return Report(digest, fault=f"cannot be read as an email: {type(error).__name__}")


def cleaned(text: str, longest: int = 300) -> str:
    """Return text as one printable line that both databases can store, without a pay link's token."""
    return one_line(text.replace("\ufffd", " "), longest)


def _tamed(raw: bytes) -> bytes:
    """Cut what is only there to exhaust a parser: length, endless lines, thousands of empty header blocks."""
    return _BLANK_RUN.sub(b"\n\n", _LONG_LINE.sub(rb"\1", raw[:_READ]))


def _read(digest: str, message: Message) -> Report:
    blocks = list(_status_blocks(message))
    findings = [found for block in blocks if (found := _from_block(block))]
    if not findings and _from_a_daemon(message):
        findings = list(_from_words(message))
    return Report(
        digest,
        tokens=tuple(dict.fromkeys([*_verp_tokens(message), *_envelope_ids(blocks)])),
        header_ids=tuple(dict.fromkeys(_returned_ids(message))),
        findings=tuple(findings[:_MOST_RECIPIENTS]),
        fault="" if findings else "the report does not mention a recipient",
    )


def _header(message: Message, name: str) -> str:
    return str(message.get(name) or "")[:1000]


def _verp_tokens(message: Message) -> Iterator[str]:
    for name in _ENVELOPE_HEADERS:
        for value in (message.get_all(name) or [])[:10]:
            for address in _ADDRESS.findall(str(value)[:2000]):
                if token := verp_token(address):
                    yield token


def _envelope_ids(blocks: list[Message]) -> Iterator[str]:
    for block in blocks:
        if found := _ENVELOPE_ID.fullmatch(_header(block, "Original-Envelope-Id")):
            yield found[1].lower()


def _status_blocks(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            for block in _children(part):
                yield block
                yield from _left_over(block)


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _left_over(block: Message) -> list[Message]:
    """Return blocks that the parser took for a body: message/global-delivery-status is not split by it."""
    payload = block.get_payload()
    if not isinstance(payload, str) or "Action:" not in payload:
        return []
    texts = re.split(r"\r?\n\r?\n", payload)
    return [message_from_bytes(text.encode("utf-8", "replace"), policy=policy.compat32) for text in texts]


def _from_block(block: Message) -> Finding | None:
    action = _header(block, "Action").strip().lower()
    addresses = tuple(
        dict.fromkeys(
            address
            for name in ("Original-Recipient", "Final-Recipient")
            if (address := _typed_address(_header(block, name)))
        )
    )
    if not addresses:
        return None
    detail = cleaned(_header(block, "Diagnostic-Code"))
    status = _status(_header(block, "Status"), detail)
    kind = _kind(action, status)
    return Finding(addresses, kind, status, detail) if kind else None


def _typed_address(value: str) -> str:
    """Return the address of `rfc822; a@b` (RFC 3464 §2.3.1); some servers leave the type out."""
    address = value.rpartition(";")[2]
    return cleaned(parseaddr(address)[1] or address, 320).strip("<>")


def _status(header: str, detail: str) -> str:
    given = _STATUS.search(header)
    said = _STATUS.search(detail)
    # Exim gives 5.0.0 for everything: what the refusing server said is more precise.
    if said and (given is None or (given[1][1:] == ".0.0" and given[1][0] == said[1][0])):
        return said[1]
    return given[1] if given else ""


def _kind(action: str, status: str) -> Kind | None:
    """Return what an Action (RFC 3464 §2.3.3) means; without one the status decides.

    `failed` is final whatever the status: a relay that gave up after days says so with 4.4.1 or 4.4.7.
    """
    if action.startswith(("fail", "error")):  # opensmtpd writes `error`
        return Kind.HARD
    if action.startswith("delay"):
        return Kind.SOFT
    if action.startswith(("deliver", "relay", "expand")):
        return Kind.DELIVERED
    return {"5": Kind.HARD, "4": Kind.SOFT, "2": Kind.DELIVERED}.get(status[:1])


def _from_a_daemon(message: Message) -> bool:
    """Whether a message without a status part may be a bounce at all; a person's out-of-office is not.

    Its empty return path and `Auto-Submitted` say nothing: bounces and auto-replies share them (RFC 3834).
    """
    return bool(message.get("X-Failed-Recipients") or _DAEMON.search(_header(message, "From")))


def _from_words(message: Message) -> Iterator[Finding]:
    temporary, permanent = all_failures(message)
    words = _first_text(message)
    for addresses, kind in ((permanent, Kind.HARD), (temporary, Kind.SOFT)):
        for raw in sorted(addresses):
            address = cleaned(raw.decode("ascii", "replace"), 320)
            detail = _words_about(words, address)
            status = _STATUS.search(detail)
            yield Finding((address,), kind, status[1] if status else "", detail)


def _first_text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace")[:20_000] if isinstance(payload, bytes) else ""
    return ""


def _words_about(words: str, address: str) -> str:
    """Return what follows the address in the text up to the next paragraph but one: the server's reply."""
    start = max(words.find(address), 0)
    return cleaned(" ".join(re.split(r"\r?\n\r?\n", words[start : start + 1000])[:2]))


def _returned_ids(message: Message) -> Iterator[str]:
    """Yield the Message-ID of the returned message, whole or its headers only, or as text (qmail, Exim)."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind in ("message/rfc822", "message/global"):
            yield from (_header(inner, "Message-ID").strip() for inner in _children(part)[:1])
        elif kind in ("text/rfc822-headers", "message/global-headers", "text/plain"):
            yield from _ids_in_text(part)


def _ids_in_text(part: Message) -> Iterator[str]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        payload = b"".join(child.as_bytes() for child in _children(part)[:1])
    for line in payload[:100_000].decode("utf-8", "replace").splitlines():
        if line.lower().startswith("message-id:"):
            yield from _HEADER_ID.findall(line[:1000])
