"""What can be wrong with a file, and the report of an import."""

import re
from dataclasses import dataclass

from paymail.errors import InvalidInput

MOST_FAULTS = 10_000
"""As many are kept: nobody reads more, and a file that is not an export has one in every cell."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong: the file's line (1 is the header), the column and the reason."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became, or would become, of one invoice: `what` is created, updated, unchanged or refused."""

    line: int
    number: str
    what: str
    fields: tuple[str, ...] = ()
    """What was taken over, in the file's words."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do."""

    invoices: int
    rows: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    faults: tuple[Fault, ...]
    notes: tuple[str, ...] = ()
    """How the file was read where that may surprise."""
    results: tuple[Result, ...] = ()
    """Invoice by invoice, in the order of the file; the first MOST_FAULTS of them."""
    kept: tuple[Fault, ...] = ()
    """Where paymail's own value stays, though the host still says otherwise."""
    import_id: int | None = None
    """The number of the import; None where nothing was written or refused, and of a dry run."""


class ImportRefused(InvalidInput):
    """The file has faults, so nothing was imported."""

    code = "import_refused"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        errors = f"{len(faults)} errors" if len(faults) != 1 else "1 error"
        super().__init__(f"nothing was imported: {errors} in the file")
        self.faults = faults


class BadValue(ValueError):
    """A column's value is wrong; collected as a Fault."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def hidden(text: str) -> str:
    """Return a text without what may be a pay link's token, whole or in part."""
    return re.sub(r"[0-9a-fA-F]{40,}", "[hidden]", text)


def shown(text: str) -> str:
    """Quote the file's text for people: clipped, and without bytes that a terminal would obey.

    A pay link's token, which may stand in any cell of a file that is wrong, is not shown.
    """
    if re.search(r"[0-9a-fA-F]{40}", text):
        return "'[hidden]'"
    return ascii(text) if len(text) <= 60 else ascii(text[:60]) + "…"
