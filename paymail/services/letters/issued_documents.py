"""What was issued is frozen: a document's PDF is drawn once, at the first need after issue, and kept.

So are those of receipts, credit notes and statements; a statement belongs to the invoice that its email is
filed under. An invoice is drawn again, as another version, when anything that it shows has changed, the money
received too: what goes out with an email never asks for what has arrived.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from paymail.db import insert_all_once, insert_once
from paymail.documents import Document, InvoiceDocument
from paymail.models import Blob, Invoice, InvoiceStatus, IssuedDocument
from paymail.ports.rendering import Frozen, IncompletePdf
from paymail.services.core import read_ahead
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import blobs

_AHEAD = "versions of documents"


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
    known = read_ahead.known(session, _AHEAD).get(invoice.invoice_id)
    if known is not None and (facts, paid) not in known:
        return Frozen(invoice.invoice_id, facts, paid, None, kind_of(document))
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


def read(session: Session, *, invoice_ids: Iterable[int]) -> None:
    """Read ahead which versions of some invoices are kept."""
    wanted = set(invoice_ids)
    statement = select(IssuedDocument.invoice_id, IssuedDocument.facts, IssuedDocument.paid)
    found: dict[int, set[tuple[str, int]]] = {invoice_id: set() for invoice_id in wanted}
    for invoice_id, facts, paid in session.execute(statement.where(IssuedDocument.invoice_id.in_(wanted))):
        found[invoice_id].add((facts, paid))
    read_ahead.keep(session, _AHEAD, found)


def enter(session: Session, *, drawn: Sequence[tuple[Frozen, bytes]], now: datetime) -> None:
    """Enter what goes out with some emails as versions where they are new, and renew those that are not.

    The bytes of new ones are kept. To be called under the locks of the emails' messages, as who changes an
    invoice's link takes them: a new row refers to the invoice, whose row is locked harder when its link
    changes. One that lacks characters for want of a font is no version: with the font it is drawn whole.
    Of two that were drawn at once, one is the version; each email says by its digest which bytes it had.
    """
    blobs.renew(session, contents=[pdf for version, pdf in drawn if version.pdf is not None], now=now)
    fresh = [one for one in drawn if one[0].pdf is None and not isinstance(one[1], IncompletePdf)]
    rows = [_row(version, hashlib.sha256(pdf).hexdigest(), now) for version, pdf in fresh]
    entered = insert_all_once(
        session, IssuedDocument, rows, key=IssuedDocument.issued_id, returning=IssuedDocument.pdf_sha256
    )
    for version, pdf in fresh if len(entered) < len(fresh) else ():
        if hashlib.sha256(pdf).hexdigest() not in entered.values():
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
    if insert_once(session, IssuedDocument, _row(version, digest, now)):
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


def _row(version: Frozen, digest: str, now: datetime) -> dict[str, Any]:
    return {
        "invoice_id": version.invoice_id,
        "kind": version.kind,
        "facts": version.facts,
        "paid": version.paid,
        "pdf_sha256": digest,
        "issued_at": now,
    }
