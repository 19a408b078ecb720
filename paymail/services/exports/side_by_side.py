"""Reading several tables beside each other in the order of their invoices, in the memory of a few rows."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.orm import Session

AT_ONCE = 500


def stream(session: Session, statement: Executable) -> Iterator[Any]:
    """Yield the rows of a statement, some at a time."""
    return iter(session.execute(statement, execution_options={"yield_per": AT_ONCE}))


class Beside:
    """Rows with an `invoice_id`, in its order, read beside the invoices themselves."""

    def __init__(self, found: Iterable[Any]) -> None:
        self._groups = groupby(found, key=lambda row: row.invoice_id)
        self._next = next(self._groups, None)

    def of(self, invoice_id: int) -> list[Any]:
        """Return those of an invoice; each time of a later one."""
        while self._next is not None and self._next[0] < invoice_id:  # of one that came in meanwhile
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != invoice_id:
            return []
        found = list(self._next[1])
        self._next = next(self._groups, None)
        return found
