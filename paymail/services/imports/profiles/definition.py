"""A profile of one's own, as it is written in TOML: checked whole, and made into a Profile."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from paymail.errors import InvalidInput
from paymail.models import InvoiceStatus, PaymentStatus
from paymail.money import parse_decimal
from paymail.services.imports.faults import shown
from paymail.services.imports.fields import date_pattern
from paymail.services.imports.header import canonical
from paymail.services.imports.numbers import DecimalMark
from paymail.services.imports.optional_fields import LONGEST_KEY, MOST_KEYS
from paymail.services.imports.profiles.built_in import BUILT_IN, OWN
from paymail.services.imports.profiles.profile import METADATA, READABLE, NamedTax, Profile, Standing
from paymail.tax import TaxCategory

LARGEST = 64 * 1024
"""Bytes of a definition."""
MOST_ENTRIES, MOST_NAMES, LONGEST = 200, 10, 200
KEYS = (
    "title",
    "base",
    "date_format",
    "decimal_mark",
    "columns",
    "constants",
    "statuses",
    "taxes",
    "metadata",
)
ONE_INVOICES = {"invoice_id", "external_ref", "payment_token", "customer_name", "customer_email"}
"""What cannot be the same for all invoices of a file."""
NO_BASE = Profile("", "", {}, ())
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_PAYMENT = {one.value: one for one in (PaymentStatus.UNPAID, PaymentStatus.PARTIAL, PaymentStatus.PAID)}
Meaning = TypeVar("Meaning")


class BadProfile(InvalidInput):
    """A definition is wrong; the message has every reason."""

    code = "bad_profile"


def read_definition(content: bytes) -> dict[str, Any]:
    """Return what a file of TOML says. Raises BadProfile."""
    if len(content) > LARGEST:
        raise BadProfile(f"the file is larger than {LARGEST // 1024} KiB")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadProfile(f"the file is not TOML: {error}") from error


def profile_of(name: str, definition: Mapping[str, Any]) -> Profile:
    """Return the profile that a definition means. Raises BadProfile with all that is wrong with it."""
    return _Definition(definition).profile(name)


class _Definition:
    """A definition that is being checked: what is wrong with it is kept until the end."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self._wrong = [f"{shown(key)} is not one of {', '.join(KEYS)}" for key in given if key not in KEYS]

    def profile(self, name: str) -> Profile:
        if not _NAME.fullmatch(name) or name in {OWN, *(one.name for one in BUILT_IN)}:
            self._wrong.append(
                f"{shown(name)} cannot be a name: small letters, digits and hyphens, no built-in one"
            )
        base, own = self._base(), self._columns()
        found = Profile(
            name=name,
            title=self._text("title") or f"a file of {name}",
            columns=_merged(base, own),
            signs=(),
            statuses={**base.statuses, **self._meanings("statuses", _standing)},
            taxes={**base.taxes, **self._meanings("taxes", _tax)},
            constants={**base.constants, **self._constants()},
            documents=base.documents,
            dates=self._dates(),
            decimal_mark=self._mark(),
            left_out=base.left_out,
            kept_names=base.kept_names,
        )
        found = self._with_metadata(found)
        if not found.columns:
            self._wrong.append("columns: say which columns of the file are ours, or give a base")
        if self._wrong:
            raise BadProfile("; ".join(self._wrong[:20]))
        read = {name for names in found.columns.values() for name in names}
        # A file is recognised by every column that the profile names itself, and by what is left of its base.
        return replace(found, signs=(*own.values(), *(sign for sign in base.signs if read.issuperset(sign))))

    def _text(self, key: str) -> str:
        value = self._given.get(key, "")
        if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
            self._wrong.append(f"{key} is not a text of at most {LONGEST} characters")
            return ""
        return value.strip()

    def _table(self, key: str) -> dict[str, Any]:
        value = self._given.get(key, {})
        if not isinstance(value, dict) or len(value) > MOST_ENTRIES:
            self._wrong.append(f"{key} is not a table of at most {MOST_ENTRIES} entries")
            return {}
        return value

    def _base(self) -> Profile:
        given = self._text("base")
        found = next((one for one in BUILT_IN if one.name == given), None)
        if given and found is None:
            names = ", ".join(one.name for one in BUILT_IN)
            self._wrong.append(f"base: {shown(given)} is not one of {names}")
        return found or NO_BASE

    def _columns(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        met: dict[str, str] = {}
        for column, value in self._table("columns").items():
            if column not in READABLE:
                self._wrong.append(f"columns: {shown(column)} is not a column that paymail reads")
                continue
            names = self._names(f"columns.{column}", value)
            for name in names:
                if (other := met.setdefault(name, column)) != column:
                    self._wrong.append(f"columns: {shown(name)} is read as {other} and as {column}")
            found[column] = tuple(map(canonical, names))
        return found

    def _names(self, where: str, value: Any) -> tuple[str, ...]:
        names = value if isinstance(value, list) else [value]
        sound = [name for name in names if isinstance(name, str) and len(name) <= LONGEST and canonical(name)]
        if not names or len(sound) < len(names) or len(names) > MOST_NAMES:
            self._wrong.append(f"{where} is not a name of a column, or a list of at most {MOST_NAMES}")
        return tuple(sound[:MOST_NAMES])

    def _meanings(self, key: str, meaning: Callable[[str], Meaning | None]) -> dict[str, Meaning]:
        found = {}
        for word, value in self._table(key).items():
            means = meaning(value.strip()) if isinstance(value, str) else None
            if not word.isprintable() or len(word) > LONGEST:
                self._wrong.append(f"{key}: {shown(word)} is not a word of at most {LONGEST} characters")
            elif means is None:
                self._wrong.append(f"{key}: {shown(str(value))} is not what {shown(word)} can mean")
            else:
                found[" ".join(word.split()).casefold()] = means
        return found

    def _constants(self) -> dict[str, str]:
        found = {}
        for column, value in self._table("constants").items():
            if column not in READABLE or column in ONE_INVOICES:
                self._wrong.append(f"constants: {shown(column)} cannot be the same for all invoices")
            elif not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
                self._wrong.append(f"constants.{column} is not a text of at most {LONGEST} characters")
            else:
                found[column] = value.strip()
        return found

    def _dates(self) -> str:
        given = self._text("date_format")
        try:
            return date_pattern(given) if given else ""
        except InvalidInput as error:
            self._wrong.append(f"date_format: {error}")
            return ""

    def _mark(self) -> str:
        given = self._text("decimal_mark")
        if given and given not in set(DecimalMark):
            self._wrong.append(f"decimal_mark: {shown(given)} is neither . nor ,")
        return given

    def _with_metadata(self, profile: Profile) -> Profile:
        """Return the profile with the columns that are to be kept, under the names that they have."""
        value = self._given.get("metadata", [])
        names = self._names("metadata", value) if value else ()
        if len(names) > MOST_KEYS or any(len(name) > LONGEST_KEY for name in names):
            self._wrong.append(f"metadata: a name is longer than {LONGEST_KEY} characters")
        if not names:
            return profile
        kept = {f"{METADATA}{number}": name for number, name in enumerate(names, 1)}
        columns = {name: theirs for name, theirs in profile.columns.items() if not name.startswith(METADATA)}
        own = {column: (canonical(name),) for column, name in kept.items()}
        return replace(profile, columns=_without(columns, own) | own, kept_names=kept)


def _merged(base: Profile, own: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {**_without({**base.columns, **own}, own), **own}


def _without(
    columns: Mapping[str, tuple[str, ...]], own: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return the columns without the names that are read as something else now."""
    taken = {name for names in own.values() for name in names}
    left = {column: tuple(name for name in names if name not in taken) for column, names in columns.items()}
    return {column: names for column, names in left.items() if names or column in own}


def _standing(text: str) -> Standing | None:
    """Return what `sent paid` means: a status of ours and, where the word says so, what was paid."""
    words = text.casefold().split()
    statuses = [InvoiceStatus(word) for word in words if word in set(InvoiceStatus)]
    payments = [_PAYMENT[word] for word in words if word in _PAYMENT]
    if not words or len(statuses) > 1 or len(payments) > 1 or len(statuses) + len(payments) < len(words):
        return None
    status = statuses[0] if statuses else InvoiceStatus.SENT
    return Standing(status, payments[0] if payments else None)


def _tax(text: str) -> NamedTax | None:
    """Return what `10` or `0 Z` means: a rate in per cent, and a category."""
    rate, _, category = text.partition(" ")
    try:
        found = NamedTax(parse_decimal(rate.removesuffix("%")), category.strip().upper())
    except InvalidInput:
        return None
    taxed = found.category in {"", TaxCategory.STANDARD.value}
    known = not found.category or found.category in set(TaxCategory)
    if not known or not 0 <= found.rate <= 100 or (not taxed and found.rate != Decimal(0)):
        return None
    return found if found.category != TaxCategory.STANDARD.value else NamedTax(found.rate)
