"""Numbers as hosts and spreadsheets write them, made plain; what could be two numbers is refused.

The rule: amounts alone prove which mark stands before a file's decimals, because rates and quantities are
often written by another program than money is. An amount proves it when it can be read in one way only.
`12,500` can be read in two: it is a lone group, one separator with three digits after it. Where the file
proves no mark, or both, every lone group is refused in every column, with a point as with a comma: sums
would agree either way. And where amounts have three decimals of their own (KWD, TND), a lone group loses
its separator only if people say the mark.
"""

import re
from collections import Counter
from enum import StrEnum

_SPACES = " \u00a0\u202f\u2009'\u2019"
"""Spaces and apostrophes between thousands mean nothing else."""
_SPACED = re.compile(rf"-?[1-9]\d{{0,2}}([{_SPACES}])\d{{3}}(?:\1\d{{3}})*(?:[.,]\d*)?", re.ASCII)
_GROUPS = {mark: re.compile(rf"-?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+", re.ASCII) for mark in ".,"}


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
    value = _without_spaces(text)
    for mark in DecimalMark:
        whole, found, decimals = value.rpartition(mark)
        if not found or not decimals.isdecimal():
            continue
        if _GROUPS[mark.other].fullmatch(whole):
            return mark  # 1.234,5: the last one
        # 75,00, 0,500 and 1234,500, but not 1,234: thousands begin with up to three digits, not with 0.
        if whole.removeprefix("-").isdecimal() and not _GROUPS[mark].fullmatch(value):
            return mark
    return None


def proved(votes: "Counter[DecimalMark]") -> DecimalMark | None:
    """Return the mark that a file's amounts prove: None when nothing does, or when they prove both."""
    marks = [mark for mark in DecimalMark if votes[mark]]
    return marks[0] if len(marks) == 1 else None


def plain(text: str, mark: DecimalMark | None, *, three_decimals: bool = False) -> str:
    """Return a number as `1234.50`, given the decimal mark of its file; what is no number stays as it is.

    `three_decimals`: `12,500` may be an amount with its decimals though the file proves a point. Raises
    AmbiguousNumber for such a lone group, and for every one in a file without a mark.
    """
    value = _without_spaces(text)
    if mark is None:
        if _lone(value, DecimalMark.COMMA) or _lone(value, DecimalMark.POINT):
            raise AmbiguousNumber(value)
        mark = DecimalMark.POINT
    if three_decimals and _lone(value, mark.other):
        raise AmbiguousNumber(value)
    whole, found, decimals = value.partition(mark)
    if mark.other in whole and _GROUPS[mark.other].fullmatch(whole):
        whole = whole.replace(mark.other, "")
    return f"{whole}.{decimals}" if found else whole


def _lone(value: str, separator: DecimalMark) -> bool:
    return value.count(separator) == 1 and _GROUPS[separator].fullmatch(value) is not None


def _without_spaces(text: str) -> str:
    """Take out what separates groups of three digits: `12 50` is no number and stays as it is."""
    value = text.strip()
    spaced = _SPACED.fullmatch(value)
    return value.replace(spaced[1], "") if spaced else value
