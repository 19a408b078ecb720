"""Turning typed values into emails and PDFs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from paymail.documents import Document, InvoiceDocument
from paymail.emails import Email
from paymail.emails.own_words import OwnWords


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """Subject, plain text and HTML with inlined CSS."""

    subject: str
    text: str
    html: str
    unworded: str = ""
    """Why the company's own words could not be used and paymail's stand there; empty: nothing is wrong."""


class EmailRenderer(Protocol):
    """Turns a typed email into text."""

    def render(self, email: Email, words: OwnWords | None = None) -> RenderedEmail:
        """Render, with a company's own words if it has any. Raises `render.RenderFailed` naming template and
        cause."""
        ...


class WordingRules(Protocol):
    """What may be a company's own words."""

    def faults(self, words: OwnWords, template: str, language: str) -> dict[str, str]:
        """Return why words cannot be those of a template folder in a language, by part; empty if they can."""
        ...


class IncompletePdf(bytes):
    """A PDF from which characters were left out because no font here has them; with one it is another PDF."""


class PdfRenderer(Protocol):
    """Turns a document into PDF bytes, an `IncompletePdf` if need be; equal documents give equal bytes."""

    def render(self, document: Document) -> bytes:
        """Render. Raises `render.RenderFailed` naming the cause."""
        ...


@dataclass(frozen=True, slots=True)
class Copies:
    """Who else a letter goes to, by how the email names them; each address once."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    """In the envelope alone: no header names them (RFC 5322 §3.6.3)."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The version of a document's PDF that holds: `facts` is its digest, `paid` what an invoice shows as
    received (minor units). It belongs to the invoice."""

    invoice_id: int
    facts: str
    paid: int
    pdf: bytes | None
    """Its bytes; None: it is still to be drawn."""
    kind: str = "invoice"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """An invoice that goes along with what an email is about, and its version."""

    document: InvoiceDocument
    version: Frozen | None


@dataclass(frozen=True, slots=True)
class Letter:
    """One email to be written: its typed content, the document to attach, and who it is between.

    `message_id` and `in_reply_to` are Message-ID headers with their angle brackets; `date` is Date.
    """

    email: Email
    document: Document | None
    """What to attach; a notice to staff has nothing."""
    filename: str
    from_name: str
    from_address: str
    to_name: str
    to_address: str
    reply_to: str
    message_id: str
    date: datetime
    in_reply_to: str = ""
    copies: Copies = Copies()
    version: Frozen | None = None
    """Of the document, where it was issued."""
    enclosed: Enclosed | None = None
    words: OwnWords | None = None
    """The company's own, in the language of the email; None: paymail's alone."""
    wording_id: int = 0
    """The version of them that is saved; 0: none."""
    subject_mark: str = ""
    """Stands before the subject: `Test: `."""


@dataclass(frozen=True, slots=True)
class Written:
    """A finished email: the exact bytes, its PDFs, its subject and its envelope addresses."""

    subject: str
    mime: bytes
    pdf: bytes | None
    sender: str
    recipients: tuple[str, ...]
    enclosed: bytes | None = None
    unworded: str = ""
    """As in RenderedEmail."""


class Writer(WordingRules, Protocol):
    """Renders a letter into MIME bytes; equal letters give equal bytes."""

    def write(self, letter: Letter) -> Written:
        """Render and assemble. Raises a PaymailError naming the cause; it will not go away by itself."""
        ...
