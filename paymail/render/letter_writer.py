"""A letter into bytes: email, PDF, MIME and signature together."""

from collections.abc import Iterable
from pathlib import Path

from paymail.documents import Document
from paymail.emails.own_words import OwnWords
from paymail.errors import Misconfigured
from paymail.ports.rendering import Frozen, Letter, PdfRenderer, RenderedEmail, Written
from paymail.ports.return_path import verp_address
from paymail.render.dkim import Signer
from paymail.render.email import JinjaEmailRenderer
from paymail.render.mime import Attachment, Head, Mailbox, UnsafeHeader, build, wire_address


class LetterWriter:
    """Implements `ports.Writer`.

    `bounce_address` is where bounces go, each message's own form of it; empty: to the issuer.
    """

    def __init__(
        self, templates: Path, pdf: PdfRenderer, *, bounce_address: str = "", signer: Signer | None = None
    ) -> None:
        """Check the bounce address with a made-up message. Raises Misconfigured."""
        if bounce_address:
            _refuse_bad_bounce_address(bounce_address)
        self._emails = JinjaEmailRenderer(templates)
        self._pdf = pdf
        self._bounce_address = bounce_address
        self._signer = signer

    def write(self, letter: Letter) -> Written:
        """Render, assemble and sign. Raises RenderFailed, UnsafeHeader, NoToken."""
        rendered = self._emails.render(letter.email, letter.words)
        attachments, pdf, enclosed = [], None, None
        if letter.document is not None:
            pdf = self._drawn(letter.document, letter.version)
            attachments.append(Attachment(letter.filename, pdf))
        if letter.enclosed is not None:
            enclosed = self._drawn(letter.enclosed.document, letter.enclosed.version)
            attachments.append(Attachment(letter.enclosed.document.filename, enclosed))
        return Written(
            subject=letter.subject_mark + rendered.subject,
            mime=self._signed(letter, build(_head(letter, rendered), rendered, attachments)),
            pdf=pdf,
            sender=self._return_path(letter),
            recipients=_envelope_recipients(letter),
            enclosed=enclosed,
            unworded=rendered.unworded,
        )

    def faults(self, words: OwnWords, template: str, language: str) -> dict[str, str]:
        """Return why words cannot be those of a template folder in a language, by part; empty if they can."""
        return self._emails.faults(words, template, language)

    def _drawn(self, document: Document, version: Frozen | None) -> bytes:
        kept = version.pdf if version is not None else None
        return self._pdf.render(document) if kept is None else kept

    def _signed(self, letter: Letter, mime: bytes) -> bytes:
        if self._signer is None or not self._signer.covers(wire_address(letter.from_address)):
            return mime
        return self._signer.sign(mime, letter.date)

    def _return_path(self, letter: Letter) -> str:
        if not self._bounce_address:
            return wire_address(letter.from_address)
        return wire_address(verp_address(self._bounce_address, letter.message_id))


def _refuse_bad_bounce_address(bounce_address: str) -> None:
    # Found at each message it would fail each of them.
    try:
        wire_address(bounce_address)
        wire_address(verp_address(bounce_address, f"<{'0' * 24}@paymail.invalid>"))
    except UnsafeHeader as error:
        raise Misconfigured(f"PAYMAIL_BOUNCE_ADDRESS: {error}") from error


def _head(letter: Letter, rendered: RenderedEmail) -> Head:
    return Head(
        subject=letter.subject_mark + rendered.subject,
        sender=Mailbox(letter.from_name, letter.from_address),
        to=(Mailbox(letter.to_name, letter.to_address), *_nameless(letter.copies.to)),
        cc=_nameless(letter.copies.cc),
        reply_to=letter.reply_to,
        message_id=letter.message_id,
        date=letter.date,
        in_reply_to=letter.in_reply_to,
    )


def _nameless(addresses: Iterable[str]) -> tuple[Mailbox, ...]:
    return tuple(Mailbox("", address) for address in addresses)


def _envelope_recipients(letter: Letter) -> tuple[str, ...]:
    copies = letter.copies
    return tuple(map(wire_address, (letter.to_address, *copies.to, *copies.cc, *copies.bcc)))
