"""One invoice that a program puts, or a person makes by hand: the same checks and rules as of a file."""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.services.core.contexts import Context
from paymail.services.imports.faults import Fault, Report
from paymail.services.imports.given import pointers
from paymail.services.imports.given.faults import GivenConflict, GivenRefused
from paymail.services.imports.given.invoice import GivenInvoice, check_given, rows_of
from paymail.services.imports.given.known_parts import KnownParts
from paymail.services.imports.sources import InvoiceRows, OneInvoice
from paymail.services.imports.store import import_invoices
from paymail.services.imports.unsaid_columns import NUMBER

TRIES = 5
"""Of giving out a number that somebody else takes in the same moment."""


@dataclass(frozen=True, slots=True)
class Put:
    """What became of an invoice: `what` is created, updated or unchanged."""

    invoice_id: int
    number: str
    what: str
    fields: tuple[str, ...]
    """What was taken over, in the words of the API."""
    kept: tuple[Fault, ...]
    """Where paymail's own value stays; the columns are pointers."""


def put_invoice(
    context: Context,
    *,
    reading: Context,
    given: GivenInvoice,
    issuer_id: int,
    actor: str,
    only_new: bool = False,
) -> Put:
    """Create the invoice, or take over what is new of it. The same again changes nothing.

    `reading` opens transactions that only look, and wait for nobody.
    Raises GivenRefused, and GivenConflict for what may not change, or with `only_new` for a known invoice;
    both with every fault.
    """
    for tries_left in reversed(range(TRIES)):
        rows, unsaid = _rows(reading, given, issuer_id)
        if isinstance(found := check_given(rows, unsaid), list):
            raise GivenRefused(pointers.of_check(found))
        source = OneInvoice(replace(found, only_new=only_new), rows[0][1])
        report = import_invoices(context, source=source, issuer_id=issuer_id, actor=actor, source_name=None)
        if report.faults and not given.number and tries_left and _is_taken(report):
            continue
        if report.faults:
            raise GivenConflict(_pointed(report.faults), _pointed(report.kept))
        return _result(reading, report, given, issuer_id)
    raise AssertionError("the last try ends in one way or the other")


def _rows(reading: Context, given: GivenInvoice, issuer_id: int) -> tuple[InvoiceRows, frozenset[str]]:
    """Return the rows, and which of their columns nobody said."""
    with reading.transaction() as session:
        (known,) = KnownParts(issuer_id).of(session, [given])
    return rows_of(given, known), given.unsaid(known)


def _is_taken(report: Report) -> bool:
    return any(fault.column == NUMBER for fault in report.faults)


def _pointed(faults: tuple[Fault, ...]) -> list[Fault]:
    return [Fault(0, pointers.of_comparison(fault), fault.reason) for fault in faults]


def _result(reading: Context, report: Report, given: GivenInvoice, issuer_id: int) -> Put:
    (result,) = report.results
    with reading.transaction() as session:
        invoice_id = _id_of(session, issuer_id, given.ref, result.number)
    words = tuple(pointers.word(column) for column in result.fields)
    return Put(invoice_id, result.number, result.what, words, tuple(_pointed(report.kept)))


def _id_of(session: Session, issuer_id: int, ref: str, number: str) -> int:
    """Return the id; a void invoice takes no id of the host's any more and is known by its number."""
    mine = select(Invoice.invoice_id).where(Invoice.issuer_id == issuer_id)
    named = session.scalar(mine.where(Invoice.external_ref == ref)) if ref else None
    return named or session.scalars(mine.where(Invoice.number == number)).one()
