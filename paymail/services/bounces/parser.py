"""Reading a report: RFC 5965 and RFC 3464 first, then plain words. Never raises.

A report is hostile input: anybody can mail the bounce address. Hence the caps, and hence only random ids
tie it to a message. What the returned message holds decides nothing but which message it is.
"""

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import Message
from email.policy import Policy as EmailPolicy

from paymail.ports.return_path import verp_token
from paymail.services.bounces import complaints, report_parts, report_texts, status_fields
from paymail.services.bounces.report import Finding, Report
from paymail.services.bounces.status_fields import field

LARGEST = 25 * 1024 * 1024
"""Bytes of a report that are taken at all; what mail servers commonly let through."""
_READ = 256 * 1024
"""Bytes that are looked at. What a report says comes before the returned message's attachments."""
_MOST_CONTAINERS = 30
_MOST_PARTS = 1000
"""Parts and blocks of fields together."""
_MOST_RECIPIENTS = 50
_LONG_LINE = re.compile(rb"([^\n]{1000})[^\n]+")
_BLANK_RUN = re.compile(rb"(?:\r?\n){3,}")
_ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,80}\+[0-9a-f]{24}@[^\s<>,;:\"()]{1,255}", re.ASCII | re.IGNORECASE)
_ENVELOPE_ID = re.compile(r"\s*<?([0-9a-f]{24})(?:@\S*)?\s*", re.ASCII | re.IGNORECASE)
_HEADER_ID = re.compile(r"<[^<>@\s]{1,100}@[^<>@\s]{1,200}>", re.ASCII)
_ENVELOPE_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


class _Exhausting(Exception):
    """The message is built to exhaust the parser; the text says how."""


def _bounded() -> policy.Compat32:
    """Return compat32 (newer policies parse each header's grammar, slowly and with exceptions of their own)
    that counts the containers which the parser opens: it compares each line with all boundaries around it."""
    containers = itertools.count()

    class Bounded(policy.Compat32):
        def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
            name, value = super().header_source_parse(sourcelines)
            opens = value.lower().lstrip().startswith(("multipart/", "message/"))
            if name.lower() == "content-type" and opens and next(containers) >= _MOST_CONTAINERS:
                raise _Exhausting("nested too deeply")
            return name, value

    return Bounded()


def _counted() -> Callable[..., Message]:
    """Return what makes the parts of one message, and raises _Exhausting at the thousandth."""
    parts = itertools.count()

    def make(policy: EmailPolicy) -> Message:
        if next(parts) >= _MOST_PARTS:
            raise _Exhausting("too many parts")
        return Message(policy)

    return make


def parse(raw: bytes) -> Report:
    """Read one report, whatever the bytes; what cannot be read is a Report with its `fault`."""
    digest = hashlib.sha256(raw).hexdigest()
    if len(raw) > LARGEST:
        return Report(digest, fault="larger than 25 MB")
    try:
        return _read(digest, message_from_bytes(_tamed(raw), _counted(), policy=_bounded()))
    except _Exhausting as error:
        return Report(digest, fault=str(error))
    except Exception as error:
        # The email package raises all sorts of things on bytes made to harm it.
        return Report(digest, fault=f"cannot be read as an email: {type(error).__name__}")


def _tamed(raw: bytes) -> bytes:
    """Cut what is only there to exhaust a parser: length, endless lines, thousands of empty header blocks."""
    start = raw[:_READ]
    lines = start if b"\n" in start else start.replace(b"\r", b"\n")
    return _BLANK_RUN.sub(b"\n\n", _LONG_LINE.sub(rb"\1", lines))


def _read(digest: str, message: Message) -> Report:
    words = report_parts.own_words(message)
    blocks = list(report_parts.status_blocks(message))
    if not any(block.get("Final-Recipient") or block.get("Original-Recipient") for block in blocks):
        blocks += report_parts.blocks(words)
    feedback = complaints.fields_of(message)
    findings = complaints.findings(message, feedback)
    if not findings and not feedback:
        findings = _failures(message, blocks, words)
    return Report(
        digest,
        tokens=tuple(dict.fromkeys([*_verp_tokens(message), *_envelope_ids(blocks)])),
        header_ids=tuple(dict.fromkeys(_returned_ids(message))),
        findings=tuple(findings[:_MOST_RECIPIENTS]),
        fault="" if findings else "the report does not mention a recipient",
    )


def _failures(message: Message, blocks: list[Message], words: str) -> list[Finding]:
    def words_about(address: str) -> str:
        return report_texts.words_about(words, address)

    # Bounded while they are made: each looks through the text.
    found = itertools.islice(status_fields.findings(blocks, words_about), _MOST_RECIPIENTS)
    return [*found] or [*report_texts.findings(message, words)]


def _verp_tokens(message: Message) -> Iterator[str]:
    """Yield the tokens of the return path: whom the report was sent to, or who a complaint says sent it."""
    values = [value for name in _ENVELOPE_HEADERS for value in (message.get_all(name) or [])[:10]]
    values += [block.get("Original-Mail-From") or "" for block in complaints.fields_of(message)]
    for value in values:
        for address in _ADDRESS.findall(str(value)[:2000]):
            if token := verp_token(address):
                yield token


def _envelope_ids(blocks: list[Message]) -> Iterator[str]:
    for block in blocks:
        if found := _ENVELOPE_ID.fullmatch(field(block, "Original-Envelope-Id")):
            yield found[1].lower()


def _returned_ids(message: Message) -> Iterator[str]:
    """Yield the Message-IDs of the returned message, whole or its headers only, or as text (qmail, Exim)."""
    for copy in report_parts.returned(message):
        yield from _HEADER_ID.findall(field(copy, "Message-ID")[:1000])
