"""How a file is to be read, as staff said it; what they did not say is found out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.models import ImportFile, Issuer
from paymail.money import exponent
from paymail.services.imports import saved_profiles
from paymail.services.imports.dialect import SEPARATORS
from paymail.services.imports.fields import Format, date_pattern
from paymail.services.imports.header import canonical
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.profiles import BUILT_IN, OWN, Profiles
from paymail.services.imports.profiles.definition import profile_of

ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252 (Excel)", "utf-16": "UTF-16"}
DATES = ("YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY")
THIS_FILE = "this-file"
"""The name of a mapping that nobody saved."""
OWED = {"status": "sent", "payment_status": "unpaid"}
KEEP = "keep"
"""What a column means that is kept with the invoice as it is."""


class BadReading(InvalidInput):
    """What was chosen is none of the choices."""

    code = "bad_reading"


@dataclass(frozen=True, slots=True)
class Reading:
    """Empty: found out. `definition` is a profile for this file alone, `profile` then names THIS_FILE."""

    encoding: str = ""
    separator: str = ""
    decimal_mark: str = ""
    dates: str = ""
    profile: str = ""
    currency: str = ""
    definition: Mapping[str, Any] = field(default_factory=dict)

    @property
    def owed(self) -> bool:
        """Whether somebody said that all invoices of the file are issued and unpaid."""
        constants = self.definition.get("constants", {})
        return all(constants.get(name) == text for name, text in OWED.items())

    @classmethod
    def of(cls, file: ImportFile) -> "Reading":
        """Return what is kept with a file."""
        return cls(**json.loads(file.reading))

    def text(self) -> str:
        """Return it as it is kept. Raises BadReading."""
        choices = (
            (self.encoding, ENCODINGS),
            (self.separator, SEPARATORS),
            (self.decimal_mark, set(DecimalMark)),
            (self.dates, DATES),
        )
        if any(chosen and chosen not in allowed for chosen, allowed in choices):
            raise BadReading("what you chose for reading the file is not one of the choices")
        if self.currency:
            exponent(self.currency)
        return json.dumps(asdict(self))

    def form(self, zone: ZoneInfo) -> Format:
        """Return how letters, fields, numbers and dates are written."""
        mark = DecimalMark(self.decimal_mark) if self.decimal_mark else None
        dates = date_pattern(self.dates) if self.dates else ""
        return Format(mark, dates, zone, encoding=self.encoding, separator=self.separator)

    def profiles(self, session: Session, issuer: Issuer) -> Profiles:
        """Return what the file may be read by. Raises NoSuchProfile, UnknownCurrency, BadProfile."""
        asked = "" if self.profile == THIS_FILE else self.profile
        found = saved_profiles.profiles_for(
            session, issuer_id=issuer.issuer_id, asked=asked, currency=self.currency
        )
        if self.profile != THIS_FILE:
            return found
        own = replace(profile_of(THIS_FILE, self.definition), title="the columns you chose")
        return replace(found, saved=(own, *found.saved), asked=THIS_FILE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column of the file means: one of our columns, KEEP, or empty where it is left out."""

    name: str
    chosen: str
    before: str
    whole: bool = True
    """Whether `name` is all of what the file calls it."""


def definition_before(session: Session, name: str, reading: Reading) -> dict[str, Any]:
    """Return the definition of the profile that a file was read by; empty for our own columns."""
    if name == THIS_FILE:
        return dict(reading.definition)
    if name in {one.name for one in BUILT_IN}:
        return {"base": name}
    if name in ("", OWN):
        return {}
    return saved_profiles.definition_of(saved_profiles.get(session, name=name))


def mapped(before: Mapping[str, Any], meanings: Sequence[Meaning], *, owed: bool = False) -> dict[str, Any]:
    """Return `before` with the columns that were chosen by hand. Raises BadReading.

    `owed` says that all invoices of such files are issued and unpaid, of which the files say nothing.
    """
    columns = {ours: _names(theirs) for ours, theirs in dict(before.get("columns", {})).items()}
    kept = _names(before.get("metadata", []))
    _refuse_doubled(before, meanings)
    for one in meanings:
        if before and one.chosen == one.before:
            continue
        if one.chosen and not one.whole:
            raise BadReading(
                f"the name of the column {one.name[:40]!r}… is too long to be remembered, or looks like a pay"
                " link; shorten it in the file and choose the file again"
            )
        for names in (*columns.values(), kept):
            names[:] = [name for name in names if canonical(name) != canonical(one.name)]
        if one.chosen == KEEP:
            kept.append(one.name)
        elif one.chosen:
            columns.setdefault(one.chosen, []).insert(0, one.name)
        elif one.before and before.get("base"):
            raise BadReading(f"{one.name[:40]!r} belongs to this kind of file and cannot be left out")
    constants = {name: text for name, text in before.get("constants", {}).items() if name not in OWED}
    found = {
        **before,
        "columns": {ours: names for ours, names in columns.items() if names},
        "constants": constants | (OWED if owed else {}),
    }
    return found | ({"metadata": kept} if kept else {})


def _refuse_doubled(before: Mapping[str, Any], meanings: Sequence[Meaning]) -> None:
    """Two columns mean the same only where a profile says so, which also says which of them counts."""
    for one in meanings:
        if one.chosen in ("", KEEP) or (before and one.chosen == one.before):
            continue
        same = [other.name[:40] for other in meanings if other.chosen == one.chosen]
        if len(same) > 1:
            names = " and ".join(f"“{name}”" for name in same[:5])
            raise BadReading(
                f"{names} cannot mean the same: keep one of them, and choose “Leave out” for the other"
            )


def _names(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]
