"""Dates as other systems write them, and whether a file proves which of day and month comes first."""

import re
from datetime import date
from enum import StrEnum

_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_WORDS = re.compile(r"[a-z]+|\d+", re.ASCII)
_MIDNIGHT = re.compile(r"\s+(?:0?0:00(?::00)?|12:00(?::00)?\s*AM)$", re.ASCII | re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class DayOrder(StrEnum):
    """Which of day and month comes first where both are numbers."""

    DAY_FIRST = "DD/MM/YYYY"
    MONTH_FIRST = "MM/DD/YYYY"


class DateEvidence:
    """What the dates of a file say about their order."""

    def __init__(self) -> None:
        self._shown: dict[DayOrder, str] = {}
        self.open = ""
        """The first date that can be read both ways and means two days; empty: there is none."""

    def add(self, cell: str) -> None:
        """Take a date into account."""
        found = _NUMERIC.fullmatch(without_midnight(cell))
        if found is None:
            return
        first, second = int(found[1]), int(found[3])
        if first > 12 or found[2] == ".":  # with points nobody writes the month first
            self._shown.setdefault(DayOrder.DAY_FIRST, cell.strip())
        elif second > 12:
            self._shown.setdefault(DayOrder.MONTH_FIRST, cell.strip())
        elif first != second:
            self.open = self.open or cell.strip()

    @property
    def order(self) -> DayOrder | None:
        """The one order that the dates show; None where they show none or both."""
        return next(iter(self._shown)) if len(self._shown) == 1 else None

    @property
    def both(self) -> tuple[str, ...]:
        """A date of each order, where the file has both."""
        return tuple(self._shown.values()) if len(self._shown) == 2 else ()


def iso_date(cell: str, order: DayOrder | None) -> str:
    """Return a date as `YYYY-MM-DD`; what is no such date comes back as it is, for the check to refuse.

    Four digits of a year begin an ISO date, and a month with a name stands where it likes.
    """
    text = without_midnight(cell)
    found = _NUMERIC.fullmatch(text)
    try:
        if found is None:
            return _with_named_month(text)
        first, second = int(found[1]), int(found[3])
        day, month = (second, first) if order is DayOrder.MONTH_FIRST else (first, second)
        if order is None and first != second:
            return text
        return date(_year(found[4]), month, day).isoformat()
    except (ValueError, OverflowError):
        return text


def _with_named_month(text: str) -> str:
    words = _WORDS.findall(text.casefold())
    named = [word for word in words if word[:3] in _MONTHS]
    numbers = [word for word in words if word.isdecimal()]
    others = [word for word in words if word.isalpha() and word[:3] not in (*_MONTHS, *_DAYS)]
    if _ISO.match(text) or len(named) != 1 or len(numbers) != 2 or set(others) - {"st", "nd", "rd", "th"}:
        return text
    day, year = numbers
    return date(_year(year), _MONTHS.index(named[0][:3]) + 1, int(day)).isoformat()


def _year(digits: str) -> int:
    return int(digits) if len(digits) > 2 else 2000 + int(digits)


def without_midnight(cell: str) -> str:
    """Return a date without the midnight that reports put behind it."""
    return _MIDNIGHT.sub("", cell.strip())
