"""Which profile a file is read by: the one asked for, none for our own columns, else as its header shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from paymail.errors import InvalidInput
from paymail.services.imports.faults import Fault, ImportRefused, shown
from paymail.services.imports.header import Header, canonical, read_header
from paymail.services.imports.profiles.built_in import BUILT_IN, OWN
from paymail.services.imports.profiles.profile import Profile

NEEDED = (
    ("invoice_id",),
    ("customer_name",),
    ("customer_email",),
    ("currency",),
    ("issued_date",),
    ("due_date",),
    ("status",),
    ("description",),
    ("line_amount", "unit_price"),
)
"""What a file needs: of each group one column, or a constant."""
SAY_WHAT_WAS_PAID = frozenset({"amount_paid", "amount_due", "payment_status", "status"})
LONGEST_LABEL = 60
_ADVICE = {
    "currency": "; if all its amounts are in one, say so by --currency",
    "customer_email": "; add it to the file",
    "amount_paid": "; add what was paid, or what is still owed",
}


class NoSuchProfile(InvalidInput):
    """There is no profile of that name."""

    code = "no_such_profile"


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles that a file may be read by, saved ones first, and the name of the one asked for."""

    saved: tuple[Profile, ...] = ()
    asked: str = ""
    currency: str = ""
    """Of files that name none; empty: they are refused."""

    def named(self) -> Profile | None:
        """Return the profile that was asked for; None for our own columns. Raises NoSuchProfile."""
        if self.asked == OWN:
            return None
        for one in (*self.saved, *BUILT_IN):
            if one.name == self.asked:
                return one
        names = ", ".join([OWN, *(one.name for one in BUILT_IN), *(one.name for one in self.saved)])
        raise NoSuchProfile(f"there is no profile {shown(self.asked)}; there are: {names}")


def choose(cells: Sequence[str], line: int, profiles: Profiles) -> tuple[Profile | None, Header]:
    """Return the profile, None for our own columns, and how it reads the header.

    Raises NoSuchProfile, and ImportRefused for a header that is not what was asked for, or is nothing known.
    """
    if profiles.asked:
        profile = profiles.named()
        return profile, read_header(cells, line) if profile is None else _read(profile, cells, line, profiles)
    try:
        return None, read_header(cells, line)
    except ImportRefused:
        fitting = _recognised(cells, line, profiles)
        if fitting is None:
            raise
    return fitting, _read(fitting, cells, line, profiles)


def _recognised(cells: Sequence[str], line: int, profiles: Profiles) -> Profile | None:
    """Return the profile all of whose signs are in the header: saved ones first, then with the most signs."""
    names = {canonical(cell) for cell in cells}
    for known in (profiles.saved, BUILT_IN):
        fitting = [one for one in known if all(names.intersection(sign) for sign in one.signs)]
        most = max((len(one.signs) for one in fitting), default=0)
        best = [one for one in fitting if len(one.signs) == most]
        if len(best) > 1:
            found = ", ".join(one.name for one in best)
            reason = f"the header fits several profiles: {found}; say which by --profile"
            raise ImportRefused((Fault(line, "", reason),))
        if best:
            return best[0]
    return None


def _read(profile: Profile, cells: Sequence[str], line: int, profiles: Profiles) -> Header:
    names = [canonical(cell) for cell in cells]
    columns, read, wrong = ["" for _ in names], {}, []
    substitutes: list[tuple[str, tuple[str, ...]]] = []
    for column, theirs in profile.columns.items():
        places = [place for name in theirs for place, found in enumerate(names) if found == name]
        for number, place in enumerate(places):
            columns[place] = f"{column}#{number}" if number else column
        if places:
            read[column] = _label(cells[places[0]], names[places[0]])
        if places[1:]:
            substitutes.append((column, tuple(f"{column}#{n}" for n in range(1, len(places)))))
        wrong += [f"has {shown(name)} twice" for name in theirs if names.count(name) > 1]
    known = {*read, *profile.constants, *(["currency"] if profiles.currency else [])}
    wrong += [_missing(profile, group) for group in NEEDED if not known.intersection(group)]
    if not SAY_WHAT_WAS_PAID & {*read, *(profile.constants.keys() - {"status"})}:
        # A status that is the same for all invoices says nothing of it.
        wrong.append(_missing(profile, ("amount_paid", "amount_due")))
    if wrong:
        what = f"this is not {profile.title}: the header "
        raise ImportRefused(
            tuple(Fault(line, "", f"{what if not n else 'it '}{reason}") for n, reason in enumerate(wrong))
        )
    ignored = [
        cell.strip()
        for cell, name, column in zip(cells, names, columns, strict=True)
        if name and not column and name not in profile.left_out
    ]
    return Header(tuple(columns), tuple(ignored), read, tuple(substitutes))


def _label(cell: str, name: str) -> str:
    """Return what the file calls a column, as far as that can be shown."""
    plain = cell.replace("\ufeff", "").strip()
    return (
        plain
        if plain.isascii() and plain.isprintable() and len(plain) <= LONGEST_LABEL
        else name[:LONGEST_LABEL]
    )


def _missing(profile: Profile, group: tuple[str, ...]) -> str:
    names = [name for column in group for name in profile.columns.get(column, (column,))]
    return f"has no column for {group[0]} ({', '.join(names[:6])}){_ADVICE.get(group[0], '')}"
