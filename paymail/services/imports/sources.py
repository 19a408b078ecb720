"""Where a host's invoices come from: a file, or rows that a program or a person gave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from paymail.services.imports.closed_at_host import ClosedAtHost, closed_at_host
from paymail.services.imports.faults import Fault, hidden
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.invoice_check import HostInvoice, check_invoice
from paymail.services.imports.namesakes import Namesakes

InvoiceRows = Sequence[tuple[int, Row]]
"""The rows of one invoice, each with its line, or its number among what was given."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An invoice that cannot come in, with everything that is wrong with it."""

    faults: tuple[Fault, ...]
    number: str = ""
    """As the host has it, for people."""
    closed: ClosedAtHost | None = None
    """What it says all the same, where that is that nobody owes it any more."""


class Source(Protocol):
    """Invoices of a host, each either checked or refused."""

    @property
    def rows(self) -> int:
        """How many lines of invoices there are."""
        ...

    @property
    def invoices(self) -> int:
        """How many invoices there are."""
        ...

    @property
    def last_line(self) -> int:
        """Where it ends."""
        ...

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What could not be read at all."""
        ...

    @property
    def namesakes(self) -> Namesakes:
        """The names of its customers, with their addresses."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """How it was read where that may surprise, for people."""
        ...

    def checked(self) -> Iterator[HostInvoice | Refused]:
        """Yield each invoice in order."""
        ...


def check(rows: InvoiceRows, form: Format, namesakes: Namesakes) -> HostInvoice | Refused:
    """Return the invoice of these rows, or all that is wrong with it."""
    found = check_invoice(rows, form)
    if isinstance(found, HostInvoice):
        return replace(found, namesake=namesakes.has(found.customer_name))
    return refused(rows, found)


def refused(rows: InvoiceRows, faults: Sequence[Fault]) -> Refused:
    """Return why the invoice of these rows stays out."""
    at, first = rows[0]
    number = hidden(first["invoice_id"].strip())[:60]
    return Refused(tuple(sorted(set(faults))), number, closed_at_host(at, first))


class GivenInvoices:
    """A few invoices in memory, whose rows have every column that a file needs."""

    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(self, invoices: Sequence[InvoiceRows], form: Format = Format()) -> None:
        self._given, self._format = invoices, form
        self.invoices = len(invoices)
        self.rows = sum(len(rows) for rows in invoices)
        self.last_line = max((at for rows in invoices for at, _row in rows), default=0)
        self.namesakes = Namesakes()
        for rows in invoices:
            self.namesakes.add_row(rows[0][1])

    def checked(self) -> Iterator[HostInvoice | Refused]:
        """Yield each invoice in order."""
        for rows in self._given:
            yield check(rows, self._format, self.namesakes)


class OneInvoice:
    """A single invoice, checked already."""

    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    invoices = 1

    def __init__(self, host: HostInvoice, row: Row) -> None:
        """`row` is its first row, which names the customer."""
        self._host = host
        self.rows, self.last_line = len(host.lines), host.at
        self.namesakes = Namesakes()
        self.namesakes.add_row(row)

    def checked(self) -> Iterator[HostInvoice | Refused]:
        """Yield it."""
        yield self._host
