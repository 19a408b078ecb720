"""The cells of one row of another system: numbers, yes and no; what cannot be read is kept as a fault."""

from decimal import Decimal

from paymail.services.imports import fields
from paymail.services.imports.faults import BadValue, Fault, shown
from paymail.services.imports.fields import Format, Row

_YES, _NO = {"yes", "y", "true", "t", "1", "tax"}, {"no", "n", "false", "f", "0", "non"}


class Cells:
    """One row, read column by column. Columns that it does not have are empty."""

    def __init__(self, at: int, row: Row, form: Format, code: str, faults: list[Fault]) -> None:
        self.at = at
        self._row, self._form, self._code, self._faults = row, form, code, faults

    @property
    def columns(self) -> list[str]:
        """The columns of the row that are not empty."""
        return list(self._row)

    def text(self, column: str) -> str:
        """Return a cell without the space around it."""
        return self._row.get(column, "").strip()

    def number(self, column: str) -> Decimal | None:
        """Return a number, None for an empty cell; a sign of per cent says nothing more."""
        text = self.text(column)
        if not text:
            return None
        plain = text.removesuffix("%").strip() if column.endswith(("rate", "discount")) else text
        try:
            return fields.decimal({column: plain}, column, self._form, self._code)
        except BadValue as bad:
            self.refuse(column, str(bad))
            return None

    def yes(self, column: str) -> bool | None:
        """Return whether a cell says yes; None for an empty one."""
        word = self.text(column).casefold()
        if word in _YES or word in _NO:
            return word in _YES
        if word:
            self.refuse(column, f"{shown(word)} is neither yes nor no")
        return None

    def refuse(self, column: str, reason: str) -> None:
        """Keep what is wrong with a cell."""
        self._faults.append(Fault(self.at, column, reason))
