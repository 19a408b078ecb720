"""An invoice email survives every mail reader: no forged header, no forged recipient, nothing garbled."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymail.ports.rendering import RenderedEmail
from paymail.render.mime import Attachment, Head, Mailbox, UnsafeHeader, build, wire_address

RENDERED = RenderedEmail(
    "Invoice", "Total: 82,50 €\n.leading dot\nFrom here\n", "<!DOCTYPE html><p>Łódź 株式会社</p>"
)
PDF = Attachment("invoice-502.pdf", bytes(range(256)) * 40)
HEAD = Head(
    subject="Invoice #502",
    sender=Mailbox("Southern IT Services Pty Ltd", "billing@southern-it.example"),
    to=(Mailbox("The Vacuum Shop", "accounts+00@customer.example"),),
    cc=(),
    reply_to="help@southern-it.example",
    message_id="<abc@southern-it.example>",
    date=datetime(2026, 3, 17, 1, 2, 3, tzinfo=UTC),
    in_reply_to="",
)
HARD_NAMES = [
    "Smith, Jones, Brown & Partners, Solicitors and Conveyancers of Parramatta, Sydney, Melbourne, Hobart",
    'O"Brien "Bob" <boss@evil.example>, Ltd',
    "victim@evil.example, other@evil.example",
    "Łódź Kawiarnia Sp. z o.o.",
    "株式会社ヤマダ電機サービスセンター東京本社第二営業部",
    "شركة الخليج للتجارة",
    "Café; Société: (comment) [list] \\ back",
    "=?utf-8?q?forged?= <x@evil.example>",
    "x" * 300,
    "é, " * 100,
    "😀" * 75,
    "a",
]


def parsed(head: Head, rendered: RenderedEmail = RENDERED) -> EmailMessage:
    return email.message_from_bytes(build(head, rendered, [PDF]), policy=email.policy.default)


def recipients(head: Head) -> list[tuple[str, str]]:
    """Return names and addresses of To as RFC 5322 and 2047 say: split first, decode then."""
    raw = email.message_from_bytes(build(head, RENDERED, []), policy=email.policy.compat32)
    pairs = getaddresses([str(raw["To"])])
    return [(str(make_header(decode_header(name.replace("\r\n", "")))), address) for name, address in pairs]


def named(name: str) -> Head:
    return replace(HEAD, to=(Mailbox(name, "accounts+00@customer.example"),))


@pytest.mark.parametrize("name", HARD_NAMES)
def test_a_name_stays_one_name_of_one_recipient(name: str) -> None:
    assert recipients(named(name)) == [(name, "accounts+00@customer.example")]


@pytest.mark.parametrize("name", HARD_NAMES)
def test_pythons_newer_parser_sees_one_recipient_too(name: str) -> None:
    (address,) = parsed(named(name))["To"].addresses
    assert address.addr_spec == "accounts+00@customer.example"


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=300))
def test_any_printable_name_survives(name: str) -> None:
    assert recipients(named(name)) == [(name, "accounts+00@customer.example")]


def test_everybody_but_a_blind_copy_is_named_in_the_headers() -> None:
    others = (Mailbox("", "boss@customer.example"), Mailbox("", "books@bücher.example"))
    head = replace(HEAD, to=(*HEAD.to, others[0]), cc=(others[1],))
    found = parsed(head)
    assert [one.addr_spec for one in found["To"].addresses] == [
        "accounts+00@customer.example",
        "boss@customer.example",
    ]
    assert [one.addr_spec for one in found["Cc"].addresses] == ["books@xn--bcher-kva.example"]
    assert parsed(HEAD)["Cc"] is None


@pytest.mark.parametrize(
    "bad", ["a\r\nBcc: x@evil.example", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\x85b", "a\x7fb"]
)
@pytest.mark.parametrize("where", ["to", "cc", "sender", "subject"])
def test_line_breaks_and_control_characters_are_refused(bad: str, where: str) -> None:
    box = Mailbox(bad, "a@b.example")
    value = {"subject": bad, "sender": box}.get(where, (box,))
    with pytest.raises(UnsafeHeader):
        build(replace(HEAD, **{where: value}), RENDERED, [])


@pytest.mark.parametrize(
    ("address", "mailed"),
    [
        ("billing@bücher.example", "billing@xn--bcher-kva.example"),
        ("a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("A.b+c@Example.COM", "A.b+c@example.com"),
    ],
)
def test_domains_are_mailed_in_idna_2008(address: str, mailed: str) -> None:
    assert wire_address(address) == mailed
    assert parsed(replace(HEAD, to=(Mailbox("x", address),)))["To"].addresses[0].addr_spec == mailed


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "@b.example", "a@", "a b@c.example", "a@b c.example", "a\r\n@b.example", "a@b.example>",
     "<a@b.example", '"a,b"@c.example', "a,b@c.example", "a..b@c.example",
     ".a@c.example", "a@-b.example", "a@" + "b" * 64 + ".example", "x" * 250 + "@c.example"],
)  # fmt: skip
def test_addresses_that_smtp_could_misread_are_refused(address: str) -> None:
    with pytest.raises(UnsafeHeader):
        wire_address(address)


@pytest.mark.parametrize(
    "address",
    ["jörg@c.example", "用户@c.example", "дама.пик@c.example", "δοκιμή+1@c.example", "जोन@c.example"],
)  # fmt: skip
def test_local_parts_beyond_ascii_stand_in_headers_as_they_are(address: str) -> None:
    assert wire_address(address) == address
    mime = build(replace(HEAD, to=(Mailbox("Łódź", address),), reply_to=address), RENDERED, [])
    head = mime.partition(b"\r\n\r\n")[0].decode()
    assert f"\r\n <{address}>\r\n" in head
    assert f"Reply-To: {address}\r\n" in head + "\r\n"
    assert head.replace(address, "").isascii()


@pytest.mark.parametrize(
    "local",
    ["ö\r\nBcc: x", "ö\n", "ö\x00", "ö\x7f", "ö\x85", "ö\x9f", "ö\xa0b", "ö\u2028b", "ö\u2029b", "ö\u3000b",
     "ö\u200bb", "ö\u202eb", "ö\u2066b", "ö\ufeff", "\udcf6", "ö\ud800", "ö\ue000", "ö\uffff", "ö b", "ö,b",
     "ö>b", "ö<b", '"ö"', "ö@b", "ö;b", "ö:b", "ö(b)", "ö\\b", "ö..b", ".ö", "ö.", "\u0338ö", "ö.\u0301b",
     "ö\uff0cb", "ö\uff1cb", "ö\uff20b", "ö\uff1bb", "ö\u2024b", "ö\u2025", "ö\ufe52b", "ﷺ", "ö\uff02b",
     "ö" * 125],
)  # fmt: skip
def test_local_parts_beyond_ascii_that_could_be_misread_are_refused(local: str) -> None:
    address = f"{local}@c.example"
    with pytest.raises(UnsafeHeader):
        wire_address(address)
    with pytest.raises(UnsafeHeader):
        build(replace(HEAD, to=(Mailbox("x", address),)), RENDERED, [])


@given(st.text(max_size=40) | st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20))
def test_no_address_that_is_accepted_adds_a_header_or_a_recipient(local: str) -> None:
    try:
        mime = build(replace(HEAD, to=(Mailbox("x", f"{local}@c.example"),)), RENDERED, [])
    except UnsafeHeader:
        return
    lines = mime.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    plain = build(replace(HEAD, to=(Mailbox("x", "a@c.example"),)), RENDERED, [])
    assert len(lines) == len(plain.partition(b"\r\n\r\n")[0].split(b"\r\n"))
    (to,) = [line for line in lines if line.startswith("To: ")]
    assert to == f'To: "x" <{local}@c.example>'
    assert getaddresses([to.removeprefix("To: ")]) == [("x", f"{local}@c.example")]
    assert not set(to.removeprefix("To: ").removesuffix("@c.example>").removeprefix('"x" <')) & set(
        '<>,;:"\r\n @'
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_of_a_text_leaves_as_crlf(line_end: str) -> None:
    text = line_end.join(["one", "", ".", "two "])
    mime = build(HEAD, replace(RENDERED, text=text), [])
    assert not any(b"\r" in line or b"\n" in line for line in mime.split(b"\r\n"))
    arrived = email.message_from_bytes(mime, policy=email.policy.default).get_body(("plain",))
    assert arrived is not None
    assert arrived.get_content().splitlines() == ["one", "", ".", "two "]


def test_text_html_and_pdf_arrive_as_they_were() -> None:
    message = parsed(HEAD)
    assert message.get_content_type() == "multipart/mixed"
    alternative, attached = message.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == ["text/plain", "text/html"]
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == RENDERED.text
    assert message.get_body(("html",)).get_content().strip() == RENDERED.html
    assert (attached.get_filename(), attached.get_content_type()) == ("invoice-502.pdf", "application/pdf")
    assert attached.get_content() == PDF.content


def test_an_email_without_attachment_is_alternative_on_top() -> None:
    raw = build(HEAD, RENDERED, [])
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert raw.endswith(b"--\r\n")


@pytest.mark.parametrize(
    "name", ["Acme (NSW) Pty Ltd", "Smith, Jones: Partners; Sydney [AU]", "O'Neil & Co."]
)
def test_a_name_in_ascii_stays_readable(name: str) -> None:
    assert f'To: "{name}" <accounts+00@customer.example>\r\n'.encode() in build(named(name), RENDERED, [])


@pytest.mark.parametrize(
    "subject",
    [
        "Invoice #502 from Southern IT Services Pty Ltd (Acme (NSW) Pty Ltd): AUD $1,234.50 due on 11 April",
        "Reminder: " + "a word " * 40 + "and the end",
    ],
)
def test_a_subject_in_ascii_is_folded_at_spaces_and_not_encoded(subject: str) -> None:
    raw = build(replace(HEAD, subject=subject), RENDERED, [])
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"=?" not in head
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert parsed(replace(HEAD, subject=subject))["Subject"] == subject


@pytest.mark.parametrize("subject", ["=?utf-8?q?forged?= " * 9, "two  spaces " + "x " * 60, "y" * 300])
def test_a_subject_that_folding_would_change_is_encoded(subject: str) -> None:
    assert parsed(replace(HEAD, subject=subject))["Subject"] == subject


def test_no_line_is_longer_than_mail_allows_and_all_end_in_crlf() -> None:
    mime = build(named("é, " * 100), replace(RENDERED, text="x" * 5000, html="y" * 5000), [PDF])
    lines = mime.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert mime.isascii()


def test_headers_are_those_of_an_automatic_message_with_a_fixed_identity() -> None:
    message = parsed(replace(HEAD, in_reply_to="<first@southern-it.example>"))
    assert message["Message-ID"] == "<abc@southern-it.example>"
    assert message["Date"] == "Tue, 17 Mar 2026 01:02:03 +0000"
    assert message["In-Reply-To"] == message["References"] == "<first@southern-it.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["Reply-To"] == "help@southern-it.example"


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert build(HEAD, RENDERED, [PDF]) == build(HEAD, RENDERED, [PDF])


@pytest.mark.parametrize("name", ["../x.pdf", 'a".pdf', "a\r\n.pdf", "é.pdf", ""])
def test_file_names_that_could_break_out_are_refused(name: str) -> None:
    with pytest.raises(UnsafeHeader):
        build(HEAD, RENDERED, [Attachment(name, b"")])


def test_a_long_foreign_subject_arrives_whole() -> None:
    subject = (
        "Rechnung Nr. 502 von Müller Präzision GmbH & Söhne: EUR 1.234,50 fällig am 11. April 2026, 株式会社"
    )
    assert parsed(replace(HEAD, subject=subject))["Subject"] == subject
