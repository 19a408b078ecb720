"""What was issued is frozen: a document's PDF is drawn once, at the first need after issue, and kept.

So are those of receipts, credit notes and statements; a statement belongs to the invoice that its email is
filed under. An invoice is drawn again, as another version, when anything that it shows has changed, the money
received too: what goes out with an email never asks for what has arrived.
"""

import hashlib
import json
import re
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.documents import Document, InvoiceDocument
from paymail.models import Blob, Invoice, InvoiceStatus, IssuedDocument
from paymail.ports.rendering import Frozen, IncompletePdf
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import blobs


def facts_of(document: Document) -> str:
    """Return the digest of all that a document shows, but for what an invoice shows as paid: that has a
    column of its own.

    A field that has its default is left out, so that a release with one more makes no version new.
    """
    if isinstance(document, InvoiceDocument):
        shown = _plain(document, without=frozenset({"paid"}))
        if re.search(r"[^A-Z0-9]", document.reference):
            shown["reference"] = document.reference  # older papers name one in capitals, without hyphens
    else:
        shown = {"kind": kind_of(document), **_plain(document)}
    text = json.dumps(shown, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def kind_of(document: Document) -> str:
    """Return what `IssuedDocument.kind` says of a document: the name of its template."""
    return document.template.removesuffix(".html")


def _plain(value: Any, without: frozenset[str] = frozenset()) -> Any:
    match value:
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case Decimal():
            return str(value.normalize())
        case date():
            return value.isoformat()
        case tuple():
            return [_plain(one) for one in value]
    if is_dataclass(value):
        named = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
        return {
            name: _plain(it) for name, (it, usual) in named.items() if name not in without and it != usual
        }
    return value


def frozen(session: Session, *, invoice: Invoice, document: Document) -> Frozen | None:
    """Return the version that holds now, drawn or still to be drawn; None for a draft: it is not issued."""
    if invoice.status is InvoiceStatus.DRAFT:
        return None
    facts, paid = facts_of(document), document.paid.minor if isinstance(document, InvoiceDocument) else 0
    kept = _kept(facts).where(IssuedDocument.invoice_id == invoice.invoice_id, IssuedDocument.paid == paid)
    return Frozen(invoice.invoice_id, facts, paid, session.scalar(kept), kind_of(document))


def kept_for(session: Session, *, invoices: ColumnElement[bool], document: Document) -> bytes | None:
    """Return the PDF of a document about one of these invoices, or filed under it, if it is kept."""
    mine = select(Invoice.invoice_id).where(invoices)
    return session.scalar(_kept(facts_of(document)).where(IssuedDocument.invoice_id.in_(mine)).limit(1))


def _kept(facts: str) -> Select[bytes]:
    return (
        select(Blob.content)
        .join(IssuedDocument, IssuedDocument.pdf_sha256 == Blob.sha256)
        .where(IssuedDocument.facts == facts, Blob.erased_at.is_(None))
    )


def keep(session: Session, *, version: Frozen, pdf: bytes, now: datetime) -> str:
    """Keep the bytes that go out with an email, and return their digest; `enter` follows.

    Nothing here waits for who changes or erases the invoice: the message's lock comes before that.
    """
    if version.pdf is not None:
        return hashlib.sha256(pdf).hexdigest()  # their row stands, and `enter` renews it
    return blobs.keep(session, content=bytes(pdf), now=now)


def enter(session: Session, *, version: Frozen, pdf: bytes, now: datetime) -> None:
    """Enter what `keep` kept as the version if it is new, and renew it if it is not.

    To be called under the lock of the email's message, as who changes the invoice's link takes it: the new
    row refers to the invoice, whose row is locked harder when its link changes.
    One that lacks characters for want of a font is no version: with the font it is drawn whole.
    Of two that were drawn at once, one is the version; each email says by its digest which bytes it had.
    """
    if version.pdf is not None:
        blobs.keep_again(session, content=pdf, now=now)
    elif not isinstance(pdf, IncompletePdf):
        _enter(session, version, hashlib.sha256(pdf).hexdigest(), now)


def keep_shown(session: Session, *, version: Frozen, pdf: bytes, now: datetime) -> None:
    """Keep a version that was drawn for who asked, unless one is kept by now or its customer was erased
    meanwhile. Raises NoSuchInvoice."""
    if isinstance(pdf, IncompletePdf):
        return
    invoice = load_invoice(session, invoice_id=version.invoice_id, lock=True)
    if invoice.customer.erased_at is not None:
        return
    with session.begin_nested() as attempt:
        if not _enter(session, version, blobs.keep(session, content=pdf, now=now), now):
            attempt.rollback()  # no row would name these bytes, and nobody would erase them


def _enter(session: Session, version: Frozen, digest: str, now: datetime) -> bool:
    """Enter the bytes as those of a version, unless it has some that are not erased; say whether they are."""
    values = {
        "invoice_id": version.invoice_id,
        "kind": version.kind,
        "facts": version.facts,
        "paid": version.paid,
        "pdf_sha256": digest,
        "issued_at": now,
    }
    if insert_once(session, IssuedDocument, values):
        return True
    drawn_again = (
        update(IssuedDocument)
        .where(
            IssuedDocument.invoice_id == version.invoice_id,
            IssuedDocument.facts == version.facts,
            IssuedDocument.paid == version.paid,
            IssuedDocument.pdf_sha256.in_(select(Blob.sha256).where(Blob.erased_at.is_not(None))),
        )
        .values(pdf_sha256=digest)
        .returning(IssuedDocument.issued_id)
    )
    return session.scalar(drawn_again.execution_options(synchronize_session=False)) is not None
