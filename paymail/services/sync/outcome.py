"""What a run of sync did, or would do."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from paymail.services.imports import Report

MOST_LISTED = 1000
"""As many invoices are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class RefusedInvoice:
    """An invoice of the view that cannot come in, and why."""

    number: str
    faults: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """Counts of invoices, and what people want to know of single ones."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    told: int = 0
    """Invoices whose state the host took."""
    changes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Numbers of updated invoices, with what was taken over."""
    refusals: list[RefusedInvoice] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Where paymail's own value stays, though the host says otherwise."""
    untold: dict[str, str] = field(default_factory=dict)
    """By number why the host did not take an update."""
    stopped: bool = False
    """Whether it ended before everything was read."""
    on_hold: bool = False
    """Whether money stayed out, here and there, because of a restore."""

    @property
    def read(self) -> int:
        """How many invoices were read."""
        return self.created + self.updated + self.unchanged + self.refused

    def add(self, report: Report) -> None:
        """Count what an import did."""
        self.created += report.created
        self.updated += report.updated
        self.unchanged += report.unchanged
        updated = [(one.number, one.fields) for one in report.results if one.what == "updated"]
        self.changes += updated[: MOST_LISTED - len(self.changes)]
        self.notes += [kept.reason for kept in report.kept][: MOST_LISTED - len(self.notes)]

    def refuse(self, refused: Iterable[RefusedInvoice]) -> None:
        """Count invoices that cannot come in."""
        found = list(refused)
        self.refused += len(found)
        self.refusals += found[: MOST_LISTED - len(self.refusals)]
