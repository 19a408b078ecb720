"""Invoices of a file that has one in each line (NDJSON), read line by line in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from paymail.services.core.contexts import Context
from paymail.services.imports.faults import Fault, ImportRefused
from paymail.services.imports.given import pointers
from paymail.services.imports.given.invoice import GivenInvoice, check_given, rows_of
from paymail.services.imports.given.known_parts import KnownParts
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.namesakes import Namesakes
from paymail.services.imports.sources import Refused

LONGEST_LINE = 256 * 1024
"""Bytes of one invoice, as of the body that puts one."""
MOST_LINES = 400_000
"""Of one file: more than 64 MiB, which a request may have, hold of the shortest invoices."""
AT_ONCE = 100
"""Invoices that are completed from the database together."""
Parse = Callable[[bytes], GivenInvoice | list[Fault]]
"""Reads one line, or says everything that is wrong with its form, by pointer."""
_Line = tuple[int, GivenInvoice | list[Fault]]


class GivenLines:
    """A source of invoices, one a line; faults have the line, and a pointer into it as their column."""

    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(self, context: Context, file: BinaryIO, *, parse: Parse, issuer_id: int) -> None:
        """Look through the lines once: how many there are, and whom they name. `file` can be sought.

        Raises ImportRefused for more than MOST_LINES.
        """
        self._context, self._file, self._parse, self._issuer_id = context, file, parse, issuer_id
        self._refuse_too_many()
        self.rows = self.invoices = self.last_line = 0
        self.namesakes = Namesakes()
        for known, (line, given) in self._completed():
            self.invoices += 1
            self.last_line = line
            if isinstance(given, GivenInvoice):
                self.rows += len(given.items)
                self.namesakes.add_row(rows_of(given, known)[0][1])

    def checked(self) -> Iterator[HostInvoice | Refused]:
        """Yield each invoice in order."""
        for known, (line, given) in self._completed():
            if isinstance(given, list):
                yield Refused(tuple(replace(fault, line=line) for fault in given))
                continue
            rows = rows_of(given, known)
            found = check_given(rows, given.unsaid(known))
            if isinstance(found, HostInvoice):
                yield replace(found, at=line, namesake=self.namesakes.has(found.customer_name))
            else:
                number = rows[0][1]["invoice_id"][:60]
                yield Refused(tuple(sorted(set(pointers.of_check(found, line)))), number)

    def _refuse_too_many(self) -> None:
        """Count before anything is parsed: what is no invoice has a fault for each field that it lacks."""
        self._file.seek(0)
        for _line in range(MOST_LINES):
            if not self._file.readline(LONGEST_LINE):
                return
        if self._file.read(1):
            reason = f"the file has more than {MOST_LINES:,} lines: send it in several parts"
            raise ImportRefused((Fault(MOST_LINES + 1, "", reason),))

    def _completed(self) -> Iterator[tuple[dict[str, str], _Line]]:
        """Yield each line with what paymail adds to it."""
        parts = KnownParts(self._issuer_id)
        lines = self._lines()
        while chunk := list(islice(lines, AT_ONCE)):
            givens = [given for _line, given in chunk if isinstance(given, GivenInvoice)]
            with self._context.transaction() as session:
                known = iter(parts.of(session, givens))
            for one in chunk:
                yield next(known) if isinstance(one[1], GivenInvoice) else {}, one

    def _lines(self) -> Iterator[_Line]:
        self._file.seek(0)
        number = 0
        while raw := self._file.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                self._skip_rest(raw)
                yield number, [Fault(number, "", f"the line is longer than {LONGEST_LINE:,} bytes")]
            elif raw.strip():
                yield number, self._parse(raw)

    def _skip_rest(self, raw: bytes) -> None:
        while raw and not raw.endswith(b"\n"):
            raw = self._file.readline(LONGEST_LINE)
