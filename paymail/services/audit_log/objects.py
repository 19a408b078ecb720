"""What entries of the audit log are about, by name and with the page of it, as far as it is still there."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Customer, Import, ImportFile, Invoice, Issuer, Message, StaffUser


class Piece(NamedTuple):
    """A piece of a sentence; `address` is the page of what it names, empty where there is none."""

    text: str
    address: str = ""


_INVOICE = select(Invoice.invoice_id, Invoice.number)
_NAMES: Mapping[str, tuple[Any, Any, str, str]] = {
    "invoice": (_INVOICE, Invoice.invoice_id, "invoice #{}", "/staff/invoices/{}"),
    "customer": (
        select(Customer.customer_id, Customer.name), Customer.customer_id, "{}", "/staff/customers/{}",
    ),
    "issuer": (select(Issuer.issuer_id, Issuer.name), Issuer.issuer_id, "{}", "/staff/companies/{}"),
    "message": (
        select(Message.message_id, Invoice.number).join(Invoice, Invoice.invoice_id == Message.invoice_id),
        Message.message_id, "an email about invoice #{}", "/staff/messages/{}",
    ),
    "import": (
        select(Import.import_id, Import.source), Import.import_id, "the import of {}", "/staff/imports/{}",
    ),
    "file": (
        select(ImportFile.file_id, ImportFile.name), ImportFile.file_id, "the file {}",
        "/staff/imports/files/{}",
    ),
    "user": (select(StaffUser.user_id, StaffUser.email), StaffUser.user_id, "{}", ""),
}  # fmt: skip
"""By the kind of object: how its name is found, which id it has, how it is said, and its page."""
GONE: Mapping[str, str] = {
    "invoice": "an invoice that was removed",
    "customer": "a customer who was merged or removed",
    "issuer": "a company",
    "message": "an email",
    "import": "an import",
    "file": "a file that is no longer kept",
    "user": "somebody",
}


def pieces_of(session: Session, objects: Iterable[str]) -> dict[str, Piece]:
    """Return how each object is said; one statement for each kind of them."""
    ids: dict[str, set[int]] = {}
    found: dict[str, Piece] = {}
    for one in set(objects):
        kind, _, key = one.partition(" ")
        if kind in _NAMES and key.isascii() and key.isdecimal() and len(key) < 19:
            ids.setdefault(kind, set()).add(int(key))
            found[one] = Piece(GONE[kind])
        else:
            found[one] = _plain(kind, key)
    for kind, keys in ids.items():
        statement, column, words, page = _NAMES[kind]
        for key, name in session.execute(statement.where(column.in_(sorted(keys)))):
            found[f"{kind} {key}"] = Piece(words.format(name), page.format(key))
    return found


def _plain(kind: str, key: str) -> Piece:
    if kind == "bulk" and key.isdecimal():
        return Piece(f"batch {key}", f"/staff/bulk/{key}")
    return Piece(key if kind == "person" else f"{kind} {key}".strip())
