"""One function per kind of column: text in, checked value out, BadValue otherwise."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email

from paymail.errors import InvalidInput
from paymail.money import exponent, parse_decimal, to_minor
from paymail.services.customers.contacts import MOST_CONTACTS
from paymail.services.imports.faults import BadValue, shown
from paymail.services.imports.numbers import AmbiguousNumber, DecimalMark, plain
from paymail.services.outbox.suppressions import normalised

Row = dict[str, str]
Choice = TypeVar("Choice", bound=StrEnum)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_LINE_ENDS = re.compile(r"[ \t]*(?:\r\n|[\r\n\u2028\u2029])")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}\S{0,20}", re.ASCII)
_ZEROS = re.compile(r"(\.\d*?)0+$")
_TOKENS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "YY": "%y"}
LARGEST_ID = 2**53
LARGEST_POSITION = 10**6
LARGEST_AMOUNT = 10**15
LONGEST_NUMBER = 30
EARLIEST_DAY, LATEST_DAY = date(1990, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Format:
    """How a file writes letters, fields, numbers and dates. None and empty: found out, or ISO 8601."""

    mark: DecimalMark | None = None
    dates: str = ""
    """For `strptime`."""
    zone: ZoneInfo | None = None
    """The issuer's, in which a date-time may be a midnight."""
    found: bool = False
    """Whether the mark was found out, not given."""
    encoding: str = ""
    """Python's name of it; empty, as the next: it is found out."""
    separator: str = ""

    def number(self, text: str, code: str = "") -> str:
        """Return a number's text with a decimal point; `code` is its currency. Raises AmbiguousNumber."""
        return plain(text, self.mark, three_decimals=self.found and code != "" and exponent(code) == 3)


def date_pattern(given: str) -> str:
    """Return for `strptime` what people write: `DD/MM/YYYY`. Raises InvalidInput."""
    parts = re.findall(r"YYYY|YY|MM|DD|[-/. ]", given.strip().upper())
    if "".join(parts) != given.strip().upper() or sorted(p[0] for p in parts if p in _TOKENS) != [
        "D",
        "M",
        "Y",
    ]:
        raise InvalidInput(f"{given!r} is not a date format: write it like DD/MM/YYYY")
    return "".join(_TOKENS.get(part, part) for part in parts)


def number(row: Row, column: str, largest: int = LARGEST_ID) -> int:
    """A positive whole number."""
    text = row[column].strip()
    digits = text.lstrip("0")
    if not (text.isascii() and digits.isdecimal() and len(digits) <= 16 and int(digits) <= largest):
        raise BadValue(column, f"{shown(row[column])} is not a positive whole number")
    return int(digits)


def text(row: Row, column: str, longest: int) -> str:
    """A text that is not empty and cannot break a header or a terminal."""
    value = row[column].strip()
    if not value:
        raise BadValue(column, "is empty")
    if len(value) > longest:
        raise BadValue(column, f"is longer than {longest} characters")
    if _CONTROL.search(value):
        raise BadValue(column, f"{shown(value)} contains a line break or control character")
    if _PRIVATE_USE.search(value):
        raise BadValue(column, f"{shown(value)} contains a private-use character, which nobody else can read")
    return value


def lines_of_text(row: Row, column: str, longest: int) -> str:
    """A text that may have several lines, each ended by `\\n`; a tab is a space."""
    lines = [line.replace("\t", " ").strip() for line in _LINE_ENDS.split(row[column].strip())]
    value = "\n".join(lines)
    text({column: value.replace("\n", " ")}, column, longest)
    return value


def emails(row: Row, column: str) -> tuple[str, ...]:
    """Addresses that can be mailed, each once; their existence is not asked.

    Several stand between semicolons or commas. The first is the customer's own.
    """
    value = row[column].strip()
    if value.endswith(">"):
        raise BadValue(column, f"{shown(value)} has a name in it; give the address alone")
    given = addresses_in(value) or [""]
    if len(given) > MOST_CONTACTS + 1:
        raise BadValue(column, f"holds more than {MOST_CONTACTS + 1} addresses")
    found: dict[str, str] = {}
    for address in given:
        kept = _address(column, address)
        if found and not kept.rpartition("@")[0].isascii():
            # A mail server without SMTPUTF8 would refuse the email for everybody.
            reason = (
                f"{shown(address)}: after the first address only letters A to Z are possible before the @"
            )
            raise BadValue(column, reason)
        found.setdefault(normalised(kept), kept)
    return tuple(found.values())


def addresses_in(cell: str) -> list[str]:
    """Return what stands between semicolons or commas, unchecked; the first is the customer's own."""
    parts = (part.strip() for part in re.split(r"[;,]", cell))
    return [part for part in parts if part]


def _address(column: str, text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadValue(column, f"{shown(text)} is not an email address: {error}") from error


def currency(row: Row, column: str) -> str:
    """A currency that paymail bills in."""
    try:
        exponent(row[column].strip())
    except InvalidInput as error:
        raise BadValue(column, f"{shown(row[column])} is not a supported currency") from error
    return row[column].strip()


def token(row: Row, column: str) -> str | None:
    """A pay link's token, None where there is none. What is wrong with it is told, never what it is."""
    value = row.get(column, "").strip()
    if value and not re.fullmatch(r"[0-9a-f]{64}", value, re.ASCII):
        raise BadValue(column, "is not 64 lower-case hexadecimal characters")
    return value or None


def day(row: Row, column: str, form: Format) -> date:
    """A date in the file's format, in the years that an invoice can be of and the ladder can count from.

    A date-time is a date if it is midnight, in its own offset or in the issuer's time zone.
    """
    value = row[column].strip()
    try:
        found = _day(value, form)
    except ValueError as error:
        said = "in the format given" if form.dates else "in the format YYYY-MM-DD"
        raise BadValue(column, str(error) or f"{shown(value)} is not a date {said}") from error
    if not EARLIEST_DAY <= found <= LATEST_DAY:
        raise BadValue(column, f"{value} is not between {EARLIEST_DAY} and {LATEST_DAY}")
    return found


def _day(value: str, form: Format) -> date:
    try:
        if form.dates:
            return datetime.strptime(value, form.dates).date()  # noqa: DTZ007 - a date has no zone
        if _ISO_DATE.fullmatch(value):
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value) if _ISO_MOMENT.fullmatch(value) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError
    if moment.time() == time():
        return moment.date()
    if moment.tzinfo is not None and form.zone is not None:
        there = moment.astimezone(form.zone)
        if there.time() == time():
            return there.date()
    where = f"{moment.tzname() or 'UTC'}" + (f" or in {form.zone.key}" if form.zone else "")
    raise ValueError(
        f"{shown(value)} is a time of day: a date-time is a date only if it is midnight in {where}"
    )


def decimal(row: Row, column: str, form: Format, code: str = "") -> Decimal:
    """A plain decimal. Zeros at its end say nothing, however many a program wrote."""
    try:
        text = form.number(row[column], code)
    except AmbiguousNumber as error:
        reason = f"{shown(row[column])} could be two numbers; say which by --decimal-mark"
        raise BadValue(column, reason) from error
    if len(text) > LONGEST_NUMBER:
        text = _ZEROS.sub(r"\1", text)
    try:
        value = parse_decimal(text)
    except InvalidInput as error:
        hint = "; if its comma stands before decimals, say so by --decimal-mark" if "," in text else ""
        hint = hint if form.mark is None else ""
        raise BadValue(column, f"{shown(row[column])} is not a decimal number{hint}") from error
    if abs(value) >= LARGEST_AMOUNT:
        raise BadValue(column, f"{shown(row[column])} is out of range")
    return value


def rate(row: Row, column: str, form: Format) -> Decimal:
    """A tax rate in per cent."""
    found = decimal(row, column, form)
    if not 0 <= found <= 100:
        raise BadValue(column, f"{found} is not between 0 and 100")
    return found


def amount(row: Row, column: str, code: str, form: Format, *, negative: bool = False) -> int:
    """An amount in minor units, exact in its currency."""
    value = decimal(row, column, form, code)
    try:
        minor = to_minor(value, code)
    except InvalidInput as error:
        raise BadValue(column, str(error)) from error
    if abs(minor) > LARGEST_AMOUNT or (minor < 0 and not negative):
        raise BadValue(column, f"{value} is out of range")
    return minor


def choice(row: Row, column: str, allowed: tuple[Choice, ...]) -> Choice:
    """One of the allowed statuses."""
    for member in allowed:
        if member.value.casefold() == row[column].strip().casefold():
            return member
    names = ", ".join(member.value for member in allowed)
    raise BadValue(column, f"{shown(row[column])} is not one of {names}")
