"""Numbers as hosts and spreadsheets write them, made plain; what could be two numbers is refused."""

import re
from collections import Counter
from enum import StrEnum

_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009'\u2019"))
"""Spaces and apostrophes between thousands mean nothing else."""
_GROUPS = {mark: re.compile(rf"-?\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}


class DecimalMark(StrEnum):
    """What stands before the decimals in a file."""

    POINT = "."
    COMMA = ","

    @property
    def other(self) -> "DecimalMark":
        """The one that can only separate thousands then."""
        return DecimalMark.COMMA if self is DecimalMark.POINT else DecimalMark.POINT


class AmbiguousNumber(ValueError):
    """The text could be two numbers."""


def shows(text: str) -> DecimalMark | None:
    """Return the decimal mark that a number proves; None when it proves nothing, as `7` or `1,234`."""
    plain = text.strip().translate(_SPACES)
    for mark in DecimalMark:
        whole, found, decimals = plain.rpartition(mark)
        if not found or not decimals.isdecimal():
            continue
        if mark.other in whole and mark not in whole:
            return mark  # 1.234,5: the last one
        if whole.lstrip("-").isdecimal() and len(decimals) != 3:
            return mark  # 75,00, but not 1,234
    return None


def majority(votes: "Counter[DecimalMark]") -> DecimalMark | None:
    """Return the mark of a file. What is written the other way is no number in it, and refused."""
    return max(votes, key=lambda mark: votes[mark], default=None)


def plain(text: str, mark: DecimalMark | None) -> str:
    """Return a number as `1234.50`, given the decimal mark of its file; what is no number stays as it is.

    Raises AmbiguousNumber for `1,234` in a file that proves no mark.
    """
    value = text.strip().translate(_SPACES)
    if mark is None:
        if _GROUPS[","].fullmatch(value):
            raise AmbiguousNumber(value)
        mark = DecimalMark.POINT
    whole, found, decimals = value.partition(mark)
    if mark.other in whole and _GROUPS[mark.other].fullmatch(whole):
        whole = whole.replace(mark.other, "")
    return f"{whole}.{decimals}" if found else whole
