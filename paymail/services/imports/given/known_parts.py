"""What paymail itself can add to a given invoice: its number, its status, and who a known customer is."""

from collections.abc import Sequence

from sqlalchemy import Boolean, func, literal_column, select
from sqlalchemy.orm import Session

from paymail.models import Customer, Invoice
from paymail.services.imports.fields import Row
from paymail.services.imports.given.invoice import GivenInvoice
from paymail.services.imports.unsaid_columns import present_status

LONGEST_COUNTED = 15
"""Digits: a longer number is a time stamp or an id, and no count goes on from it."""
_WHO = ("customer_name", "customer_email")


class KnownParts:
    """Fills in, for some invoices at a time, what they do not say, and counts the numbers given out."""

    def __init__(self, issuer_id: int) -> None:
        self._issuer_id = issuer_id
        self._last: int | None = None
        self._given_out: dict[str, str] = {}
        self._spoken_for: set[str] = set()

    def of(self, session: Session, givens: Sequence[GivenInvoice]) -> list[Row]:
        """Return for each invoice the columns to add, by what is in the database now.

        It is for the checks; when the invoice is written, what was not said is found anew.
        """
        self._spoken_for = {given.number for given in givens}
        invoices, customers = (
            _KnownInvoices(session, givens, self._issuer_id),
            self._customers(session, givens),
        )
        return [
            {**_of_customer(given, customers), **self._of_invoice(session, given, invoices.find(given))}
            for given in givens
        ]

    def _of_invoice(self, session: Session, given: GivenInvoice, known: Invoice | None) -> Row:
        found = {"status": present_status(known).value}
        if known is not None:
            found["invoice_id"] = known.number
        elif not given.number:
            found["invoice_id"] = self._next(session, given.ref)
        return found

    def _next(self, session: Session, ref: str) -> str:
        """Return the whole number after the issuer's highest; the same id gets the same one again."""
        if ref not in self._given_out or not ref:
            if self._last is None:
                self._last = _highest(session, self._issuer_id)
            self._last += 1
            while self._is_taken(session, str(self._last)):
                self._last += 1
            self._given_out[ref] = str(self._last)
        return self._given_out[ref]

    def _is_taken(self, session: Session, number: str) -> bool:
        """Whether one of these has the number, or somebody got it since the highest was looked up."""
        same = select(Invoice.invoice_id).where(
            Invoice.issuer_id == self._issuer_id, Invoice.number == number
        )
        return number in self._spoken_for or session.scalar(same) is not None

    def _customers(self, session: Session, givens: Sequence[GivenInvoice]) -> dict[str, Customer]:
        refs = {given.head["customer_ref"] for given in givens if given.head.get("customer_ref")}
        if not refs:
            return {}
        statement = select(Customer).where(
            Customer.issuer_id == self._issuer_id,
            Customer.external_ref.in_(refs),
            Customer.erased_at.is_(None),
        )
        return {one.external_ref or "": one for one in session.scalars(statement)}


class _KnownInvoices:
    """The invoices that some given ones are, by the host's id, else by number."""

    def __init__(self, session: Session, givens: Sequence[GivenInvoice], issuer_id: int) -> None:
        mine = select(Invoice).where(Invoice.issuer_id == issuer_id)
        refs = {given.ref for given in givens if given.ref}
        numbers = {given.number for given in givens if given.number}
        by_ref = session.scalars(mine.where(Invoice.external_ref.in_(refs))) if refs else ()
        by_number = session.scalars(mine.where(Invoice.number.in_(numbers))) if numbers else ()
        self._refs = {invoice.external_ref: invoice for invoice in by_ref}
        self._numbers = {invoice.number: invoice for invoice in by_number}

    def find(self, given: GivenInvoice) -> Invoice | None:
        if given.ref and given.ref in self._refs:
            return self._refs[given.ref]
        return self._numbers.get(given.number)


def _of_customer(given: GivenInvoice, customers: dict[str, Customer]) -> Row:
    known = customers.get(given.head.get("customer_ref", ""))
    if known is None or any(given.head.get(column) for column in _WHO):
        return {}
    return {"customer_name": known.name, "customer_email": known.email}


def _highest(session: Session, issuer_id: int) -> int:
    """Return the highest of the numbers that are whole ones; 0 without any."""
    # Written out, so that PostgreSQL sees that `ix_invoices_counted` is meant.
    whole = literal_column("ltrim(invoices.number, '0123456789') = ''", Boolean())
    length = func.length(Invoice.number)
    found = session.scalar(
        select(Invoice.number)
        .where(
            Invoice.issuer_id == issuer_id,
            whole,
            length <= LONGEST_COUNTED,
        )
        .order_by(length.desc(), Invoice.number.desc())
        .limit(1)
    )
    return int(found or 0)
