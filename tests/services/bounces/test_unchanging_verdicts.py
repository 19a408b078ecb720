"""No text of the returned message, order of headers, folding, charset or transfer encoding changes what a
report is taken for."""

import base64
import quopri
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paymail.services.bounces import Finding, parse
from tests.dsn import TOKEN

REPLIES = (
    ("failed", "5.1.1", "550 5.1.1 <c502@customer.example>: Recipient address rejected: User unknown"),
    ("failed", "5.1.1", "550 5.7.1 IP address blacklisted by recipient"),
    ("failed", "5.2.0", "550 Unknown user c502@customer.example"),
    ("failed", "5.0.0", "554 Message rejected"),
    ("failed", "5.7.26", "550-5.7.26 Unauthenticated email is not accepted due to the domain's DMARC policy"),
    ("failed", "4.4.7", "delivery time expired"),
    ("delayed", "4.2.2", "452 4.2.2 mailbox full"),
)
LOUD = (
    "550 5.1.1 user unknown",
    "Final-Recipient: rfc822; c502@customer.example\nAction: failed\nStatus: 5.1.1",
    "<c502@customer.example>: host mx.customer.example said: 550 5.1.1 no such user",
    "Content-Type: message/delivery-status",
    "Content-Type: multipart/mixed; boundary=zzz",
    "boundary " * 60,
    "Feedback-Type: abuse",
    "Subject: Undelivered Mail Returned to Sender",
    "Message-ID: <ffffffffffffffffffffffff@southern-it.example>",
    "quota exceeded, blacklisted, relaying denied, DMARC",
    "THIS IS A WARNING MESSAGE ONLY",
    "------ This is a copy of the message, including all the headers. ------",
)
HEADERS = (
    "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.relay.example>",
    f"To: bounces+{TOKEN}@pay.example",
    "Subject: Undelivered Mail Returned to Sender",
    "Auto-Submitted: auto-replied",
    "Received: by mx.relay.example with ESMTP id 4ABCD; Tue, 17 Mar 2026 01:00:00 +0000",
    "MIME-Version: 1.0",
)
COPIES = st.lists(st.one_of(st.sampled_from(LOUD), st.text(max_size=60)), max_size=8).map("\n".join)
ENCODINGS = st.sampled_from(("7bit", "base64", "quoted-printable"))
Verdict = tuple[list[Finding], tuple[str, ...], tuple[str, ...]]


def encoded(text: str, encoding: str, charset: str = "utf-8") -> bytes:
    raw = text.encode(charset, "replace")
    if encoding == "base64":
        return base64.encodebytes(raw)
    return quopri.encodestring(raw) if encoding == "quoted-printable" else raw


def with_status(reply: tuple[str, str, str], copy: str, encoding: str, seed: int, *, fold: bool) -> bytes:
    """A report by RFC 3464."""
    action, status, said = reply
    order = random.Random(seed)
    head = [*HEADERS, 'Content-Type: multipart/report; report-type=delivery-status;\n boundary="B1"']
    fields = [
        "Final-Recipient: rfc822; c502@customer.example",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; {said.replace(' ', chr(10) + ' ', 3) if fold else said}",
    ]
    order.shuffle(head)
    order.shuffle(fields)
    block = "Reporting-MTA: dns; mx.relay.example\n\n" + "\n".join(fields) + "\n"
    return b"\n".join(
        (
            "\n".join(head).encode(),
            b"\n--B1\nContent-Type: text/plain\n\nYour message could not be delivered.\n",
            f"--B1\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: {encoding}\n".encode(),
            encoded(block, encoding),
            b"--B1\nContent-Type: message/rfc822\n",
            f"Message-ID: <{TOKEN}@southern-it.example>\nContent-Type: text/plain\n".encode(),
            copy.replace("--B1", "B1").encode("utf-8", "replace"),
            b"--B1--",
        )
    )


def in_words(said: str, copy: str, encoding: str, seed: int, charset: str) -> bytes:
    """A report without a status part."""
    head = [
        *HEADERS,
        f"Content-Type: text/plain; charset={charset}",
        f"Content-Transfer-Encoding: {encoding}",
    ]
    random.Random(seed).shuffle(head)
    text = (
        "An error has occurred while attempting to deliver a message for\nthe following recipients:\n\n"
        f"c502@customer.example: {said}\n\n    Below is a copy of the original message:\n\n"
        f"Message-ID: <{TOKEN}@southern-it.example>\nSubject: Invoice #502\n\n{copy}\n"
    )
    return "\n".join(head).encode() + b"\n\n" + encoded(text, encoding, charset)


def verdict(raw: bytes) -> Verdict:
    report = parse(raw)
    assert report.findings, report.fault
    return list(report.findings), report.tokens, report.header_ids


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(REPLIES), COPIES, ENCODINGS, st.integers(0, 99), st.booleans())
def test_a_report_with_a_status_part_says_the_same(
    reply: tuple[str, str, str], copy: str, encoding: str, seed: int, fold: bool
) -> None:
    plain = verdict(with_status(reply, "", "7bit", 0, fold=False))
    assert verdict(with_status(reply, copy, encoding, seed, fold=fold)) == plain


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([said for action, _, said in REPLIES if action == "failed"]),
    COPIES,
    st.sampled_from(("base64", "quoted-printable")),
    st.integers(0, 99),
    st.sampled_from(("utf-8", "windows-1252", "iso-8859-15", "utf-16", "shift_jis", "no-such-charset")),
)
def test_a_report_in_words_says_the_same(
    said: str, copy: str, encoding: str, seed: int, charset: str
) -> None:
    plain = verdict(in_words(said, "", "quoted-printable", 0, "utf-8"))
    sent_in = "utf-8" if charset == "no-such-charset" else charset
    raw = in_words(said, copy, encoding, seed, sent_in).replace(
        f"charset={sent_in}".encode(), f"charset={charset}".encode()
    )
    assert verdict(raw) == plain


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
@pytest.mark.parametrize("reply", REPLIES)
def test_line_ends_change_nothing(reply: tuple[str, str, str], end: bytes) -> None:
    raw = with_status(reply, "x", "7bit", 0, fold=True)
    assert verdict(raw.replace(b"\n", end)) == verdict(raw)
