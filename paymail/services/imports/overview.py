"""What a first look through a host's file finds out: decimal mark, dates, names, and how many invoices."""

from collections import Counter
from collections.abc import Sequence

from paymail.services.imports import numbers
from paymail.services.imports.faults import MOST_FAULTS, Fault, ImportRefused
from paymail.services.imports.fields import Row
from paymail.services.imports.namesakes import Namesakes
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.optional_fields import invoice_key
from paymail.services.imports.profiles.written_dates import DateEvidence
from paymail.services.imports.rows import Layout, Unreadable

MONEY = ("subtotal", "tax_amount", "total", "amount_paid", "unit_price", "line_amount")
"""The columns that prove a file's decimal mark."""
THEIR_MONEY = (*MONEY, "amount_due", "line_tax")
"""The same of a file that is read by a profile, as far as it has them."""


class Overview:
    """Grows row by row; of a million invoices it keeps hashes."""

    def __init__(self, layout: Layout, *, dates: Sequence[str]) -> None:
        columns = layout.header.columns
        self._money = MONEY if layout.profile is None else [one for one in THEIR_MONEY if one in columns]
        self._dates, self._last = dates, ""
        self.votes: Counter[DecimalMark] = Counter()
        self.evidence = DateEvidence()
        self.faults: list[Fault] = []
        self.torn: dict[str, int] = {}
        """The invoices with a row that cannot be read, by key, with its line."""
        self.unread_alone = 0
        """Rows that cannot be read and name no invoice."""
        self.keys: set[int] = set()
        self.namesakes = Namesakes()
        self.rows, self.line = 0, 1
        self.scattered = False
        """Whether rows of one invoice stand apart from each other."""

    def add(self, found: tuple[int, Row] | Unreadable) -> None:
        """Take a row into account. Raises ImportRefused when too many cannot be read."""
        if isinstance(found, Unreadable):
            self._keep(found.fault)
            # Where the rest is lost, the last invoice may go on in it.
            key = self._last if found.rest else invoice_key(found.invoice_id)
            self.torn.setdefault(key, found.fault.line)
            self.unread_alone += not key
            return
        self.rows += 1
        self.line, row = found
        self.votes.update(mark for name in self._money if (mark := numbers.shows(row[name])) is not None)
        for name in self._dates:
            self.evidence.add(row.get(name, ""))
        key = invoice_key_of(row)
        if self.rows == 1 or key != self._last:
            self._last = key
            # Hashes, so that a million numbers of invoices take little; two that meet only cost a spool.
            self.scattered = self.scattered or hash(key) in self.keys
            self.keys.add(hash(key))
            self.namesakes.add_row(row)

    @property
    def loose_rows(self) -> int:
        """How many rows that cannot be read belong to no invoice of which another row was read."""
        alone = sum(1 for key in self.torn if key and hash(key) not in self.keys)
        return self.unread_alone + alone

    def _keep(self, fault: Fault) -> None:
        if len(self.faults) == MOST_FAULTS:
            reason = f"more than {MOST_FAULTS:,} rows cannot be read, this one too: is this the right file?"
            raise ImportRefused((Fault(fault.line, "", reason),))
        self.faults.append(fault)


def invoice_key_of(row: Row) -> str:
    """Return by what an invoice's rows belong together."""
    return invoice_key(row["invoice_id"])
