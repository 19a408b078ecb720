"""A finished letter: its return path, its signature, and the same bytes for the same letter."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from paymail.documents import InvoiceDocument, ReceiptDocument
from paymail.emails import InvoiceEmail
from paymail.errors import InvalidInput, Misconfigured
from paymail.ports.rendering import Letter
from paymail.render.dkim import Signer
from paymail.render.letter_writer import LetterWriter
from paymail.wiring import TEMPLATES

TOKEN = "0123456789abcdef01234567"
DATE = datetime(2026, 3, 17, 1, 2, 3, tzinfo=UTC)
LETTER = Letter(
    email=InvoiceEmail.sample(),
    document=None,
    filename="",
    from_name="Southern IT Services Pty Ltd",
    from_address="billing@southern-it.example",
    to_name="The Vacuum Shop",
    to_address="accounts@customer.example",
    reply_to="help@southern-it.example",
    message_id=f"<{TOKEN}@southern-it.example>",
    date=DATE,
)
PEM, PKCS8, PKCS1 = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.PrivateFormat.TraditionalOpenSSL,
)


class NoPdf:
    """A PDF engine that nobody needs here."""

    def render(self, document: InvoiceDocument | ReceiptDocument) -> bytes:
        """Return something."""
        return b"%PDF-"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
    form: serialization.PrivateFormat = PKCS8,
    password: bytes = b"",
) -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(PEM, form, hidden)


@pytest.fixture
def signer(key: rsa.RSAPrivateKey, tmp_path: Path) -> Signer:
    file = tmp_path / "dkim.pem"
    file.write_bytes(pem_of(key))
    return Signer.load(domain="southern-it.example", selector="s1", key_file=file)


def writer(*, bounce_address: str = "", signer: Signer | None = None) -> LetterWriter:
    return LetterWriter(TEMPLATES, NoPdf(), bounce_address=bounce_address, signer=signer)


def verifies(mime: bytes, key: rsa.RSAPrivateKey) -> bool:
    """Ask dkimpy's verifier, with the key as DNS would give it."""
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    records = {b"s1._domainkey.southern-it.example.": b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)}
    return bool(dkim.verify(mime, dnsfunc=lambda name, timeout=5: records[name]))


def test_bounces_go_to_the_issuer_unless_told_otherwise() -> None:
    assert writer().write(LETTER).sender == "billing@southern-it.example"


def test_bounces_go_to_an_address_of_their_message() -> None:
    written = writer(bounce_address="bounces@pay.example.com").write(LETTER)
    assert written.sender == f"bounces+{TOKEN}@pay.example.com"
    assert b"From: " in written.mime
    assert b"pay.example.com" not in written.mime.partition(b"\r\n\r\n")[0]


def test_a_message_id_without_a_token_cannot_have_such_an_address() -> None:
    with pytest.raises(InvalidInput):
        writer(bounce_address="bounces@pay.example.com").write(replace(LETTER, message_id="<1@x.example>"))


@pytest.mark.parametrize("address", ["bounces", "a b@pay.example.com", "b@pay..example", "b@-pay.example"])
def test_a_bounce_address_that_cannot_be_mailed_refuses_to_start(address: str) -> None:
    with pytest.raises(Misconfigured):
        writer(bounce_address=address)


def test_an_address_beyond_ascii_is_written_as_it_is() -> None:
    written = writer().write(
        replace(LETTER, to_address="jörg@bücher.example", from_address="büro@host.example")
    )
    assert written.recipients == ("jörg@xn--bcher-kva.example",)
    assert written.sender == "büro@host.example"
    assert "<jörg@xn--bcher-kva.example>".encode() in written.mime


def test_a_signed_letter_verifies_and_is_dated_as_the_letter(key: rsa.RSAPrivateKey, signer: Signer) -> None:
    mime = writer(signer=signer).write(LETTER).mime
    assert mime.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;")
    assert b" d=southern-it.example;" in mime
    assert f"t={int(DATE.timestamp())};".encode() in mime
    assert verifies(mime, key)
    lines = mime.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_a_letter_with_attachment_thread_and_foreign_address_verifies(
    key: rsa.RSAPrivateKey, signer: Signer
) -> None:
    letter = replace(
        LETTER,
        to_address="jörg@bücher.example",
        to_name="株式会社, " * 20,
        in_reply_to="<first@southern-it.example>",
    )
    assert verifies(writer(signer=signer).write(letter).mime, key)


def test_the_same_letter_gives_the_same_signed_bytes(signer: Signer) -> None:
    assert writer(signer=signer).write(LETTER) == writer(signer=signer).write(LETTER)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"From: ", b"From: x"),
        (b"To: ", b"To: x"),
        (b"Subject: ", b"Subject: x"),
        (b"Date: Tue", b"Date: Wed"),
        (b"Message-ID: <0", b"Message-ID: <1"),
        (b"Reply-To: ", b"Reply-To: x"),
        (b"In-Reply-To: <f", b"In-Reply-To: <g"),
        (b"References: <f", b"References: <g"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.1"),
        (b"multipart/alternative", b"multipart/related"),
        (b"Auto-Submitted: auto-generated", b"Auto-Submitted: no"),
        (b"text/html", b"text/evil"),
        (b"DKIM-Signature", b"Reply-To: <evil@x.example>\r\nDKIM-Signature"),
        (b"DKIM-Signature", b"Subject: pay to another account\r\nDKIM-Signature"),
        (b"DKIM-Signature", b"Content-Type: text/plain\r\nDKIM-Signature"),
    ],
)
def test_whoever_changes_or_adds_to_the_mail_breaks_the_signature(
    key: rsa.RSAPrivateKey, signer: Signer, before: bytes, after: bytes
) -> None:
    mime = writer(signer=signer).write(replace(LETTER, in_reply_to="<first@southern-it.example>")).mime
    assert before in mime
    assert not verifies(mime.replace(before, after, 1), key)


def test_a_header_that_is_not_there_cannot_be_added(key: rsa.RSAPrivateKey, signer: Signer) -> None:
    mime = writer(signer=signer).write(replace(LETTER, reply_to="")).mime
    assert verifies(mime, key)
    assert not verifies(b"Reply-To: <evil@x.example>\r\n" + mime, key)


@pytest.mark.parametrize(
    ("address", "signed"),
    [
        ("billing@southern-it.example", True),
        ("billing@SOUTHERN-IT.example", True),
        ("billing@pay.southern-it.example", True),
        ("billing@evil-southern-it.example", False),
        ("billing@example", False),
        ("billing@other.example", False),
    ],
)
def test_only_mail_from_the_domain_or_beneath_it_is_signed(
    signer: Signer, address: str, signed: bool
) -> None:
    mime = writer(signer=signer).write(replace(LETTER, from_address=address)).mime
    assert mime.startswith(b"DKIM-Signature:") is signed


@pytest.mark.parametrize("form", [PKCS8, PKCS1])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_key_is_read_as_openssl_or_windows_wrote_it(
    key: rsa.RSAPrivateKey, tmp_path: Path, form: serialization.PrivateFormat, line_end: bytes
) -> None:
    file = tmp_path / "dkim.pem"
    file.write_bytes(pem_of(key, form).replace(b"\n", line_end))
    signer = Signer.load(domain="southern-it.example", selector="s1", key_file=file)
    assert verifies(writer(signer=signer).write(LETTER).mime, key)
    assert "PRIVATE" not in repr(signer)


def bad_keys(key: rsa.RSAPrivateKey) -> dict[str, bytes]:
    whole = pem_of(key)
    return {
        "empty": b"",
        "no key": b"hello",
        "no base64": b"-----BEGIN PRIVATE KEY-----\n!!!A\n-----END PRIVATE KEY-----\n",
        "cut": whole[:900] + b"\n-----END PRIVATE KEY-----\n",
        "changed": whole.replace(b"A", b"B"),
        "encrypted": pem_of(key, password=b"secret"),
        "another kind": pem_of(ed25519.Ed25519PrivateKey.generate()),
        "the public half": key.public_key().public_bytes(
            PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    }


def test_a_bad_key_refuses_to_start_and_is_not_quoted(key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    for name, content in bad_keys(key).items():
        file = tmp_path / f"{name}.pem"
        file.write_bytes(content)
        with pytest.raises(Misconfigured) as caught:
            Signer.load(domain="southern-it.example", selector="s1", key_file=file)
        assert str(file) in str(caught.value), name
        assert len(str(caught.value)) < 300, name


def test_a_key_that_cannot_be_read_refuses_to_start(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "nothing.pem"):
        with pytest.raises(Misconfigured):
            Signer.load(domain="southern-it.example", selector="s1", key_file=file)
