"""Drafts that a person writes on a page: made once however often the button is pressed, and changed by one
person at a time. The checks and rules are those of an import."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.db import take_turns
from paymail.errors import Conflict
from paymail.models import IdempotentRequest, Invoice, InvoiceStatus
from paymail.services.core import idempotency
from paymail.services.core.contexts import Context
from paymail.services.core.customers import TURN
from paymail.services.core.invoices import load_invoice
from paymail.services.imports.faults import Fault
from paymail.services.imports.given.invoice import GivenInvoice
from paymail.services.imports.given.known_parts import KnownParts
from paymail.services.imports.given.one_invoice import Put, put_invoice

SCOPE = "draft"
_LOOKED_AT = 50
"""Of the newest invoices, for the draft that an earlier press has made."""
_HALF = 16
"""Hex digits: half of a kept digest is of the draft's number, by which it is found; half of its content."""


class ChangedMeanwhile(Conflict):
    """The draft is no longer what the page showed."""

    code = "changed_meanwhile"


class SavedAlready(Conflict):
    """The form was saved before, with other content. `invoice_id`: as which draft, if it is still found."""

    code = "saved_already"

    def __init__(self, invoice_id: int | None, number: str) -> None:
        what = f"as #{number}; edit that one" if invoice_id else "as a draft; look for it among the drafts"
        super().__init__(f"this form is already saved {what}. Your changes since then are not saved")
        self.invoice_id = invoice_id


class NoDraft(Conflict):
    """The invoice is issued or void; its lines can no longer change."""

    code = "no_draft"


@dataclass(frozen=True, slots=True)
class Made:
    """A draft that was made, now or by an earlier press."""

    invoice_id: int | None
    """None: it was made before, and is not among the newest any more."""
    kept: tuple[Fault, ...] = ()
    """Where paymail's own value stays; the columns are pointers."""


class _MadeBefore(Exception):
    """The draft of this press was made by an earlier one."""

    def __init__(self, content: str) -> None:
        self.content = content


def version_of(invoice: Invoice) -> str:
    """Return what stands for the state of a draft that a page showed."""
    return idempotency.content_digest(invoice.invoice_id, invoice.updated_at.isoformat(), invoice.status)


def next_number(session: Session, *, issuer_id: int) -> str:
    """Return the number that a draft without one would get."""
    (known,) = KnownParts(issuer_id).of(session, [GivenInvoice({}, ())])
    return known["invoice_id"]


def create_draft(
    context: Context, *, reading: Context, given: GivenInvoice, issuer_id: int, actor: str, key: str
) -> Made:
    """Make a draft. The same `key` again makes none, and leads to the one of before.

    Raises SavedAlready for a key that was used for another content; GivenRefused, GivenConflict with every
    fault.
    """
    with reading.transaction() as session:
        number = given.number or next_number(session, issuer_id=issuer_id)
    named = GivenInvoice(given.head | {"invoice_id": number}, given.items)

    @contextmanager
    def once() -> Iterator[Session]:
        with context.transaction() as session:
            request = _reserved(session, key, actor, context.now())
            request.content_digest = _of_number(issuer_id, number) + _of_content(given)
            before = _numbered(session, issuer_id, number)
            yield session
            if before is not None or _numbered(session, issuer_id, number) is None:
                session.delete(request)  # nothing was made: what is mended may come under the same key

    try:
        put = put_invoice(
            replace(context, transaction=once),
            reading=reading,
            given=named,
            issuer_id=issuer_id,
            actor=actor,
            only_new=True,
        )
    except _MadeBefore as made:
        with reading.transaction() as session:
            invoice_id, found = _found(session, issuer_id, made.content)
        if made.content[_HALF:] != _of_content(given):
            raise SavedAlready(invoice_id, found) from made
        return Made(invoice_id)
    return Made(put.invoice_id, put.kept)


def change_draft(
    context: Context, *, reading: Context, invoice_id: int, given: GivenInvoice, version: str, actor: str
) -> Put:
    """Take over what a person wrote of the draft that had this `version` on their page.

    Raises NoDraft, ChangedMeanwhile, GivenRefused and GivenConflict.
    """
    with reading.transaction() as session:
        issuer_id = load_invoice(session, invoice_id=invoice_id).issuer_id

    @contextmanager
    def while_unchanged() -> Iterator[Session]:
        with context.transaction() as session:
            take_turns(session, TURN)  # before any invoice, as imports, mergers and erasures do
            check_draft(load_invoice(session, invoice_id=invoice_id, lock=True), version)
            yield session

    return put_invoice(
        replace(context, transaction=while_unchanged),
        reading=reading,
        given=given,
        issuer_id=issuer_id,
        actor=actor,
    )


def check_draft(invoice: Invoice, version: str) -> None:
    """Raise NoDraft or ChangedMeanwhile unless the invoice is the draft that a page showed."""
    if invoice.status is not InvoiceStatus.DRAFT:
        raise NoDraft(f"invoice {invoice.number} is no draft any more; its lines can no longer change")
    if version_of(invoice) != version:
        raise ChangedMeanwhile(
            "somebody else has changed this draft since you opened it; open it again, then make your changes"
        )


def _reserved(session: Session, key: str, actor: str, now: datetime) -> IdempotentRequest:
    request, first = idempotency.reserve(session, scope=SCOPE, key=key, actor=actor, now=now)
    if not first:
        raise _MadeBefore(request.content_digest)
    return request


def _of_number(issuer_id: int, number: str) -> str:
    return idempotency.content_digest(issuer_id, number)[:_HALF]


def _of_content(given: GivenInvoice) -> str:
    return idempotency.digest(json.dumps([given.head, given.items], sort_keys=True))[:_HALF]


def _numbered(session: Session, issuer_id: int, number: str) -> int | None:
    mine = select(Invoice.invoice_id).where(Invoice.issuer_id == issuer_id, Invoice.number == number)
    return session.scalar(mine)


def _found(session: Session, issuer_id: int, content: str) -> tuple[int | None, str]:
    newest = select(Invoice.invoice_id, Invoice.number).where(Invoice.issuer_id == issuer_id)
    for row in session.execute(newest.order_by(Invoice.invoice_id.desc()).limit(_LOOKED_AT)):
        if _of_number(issuer_id, row.number) == content[:_HALF]:
            return int(row.invoice_id), row.number
    return None, ""
