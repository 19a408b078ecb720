"""One function per kind of column: text in, checked value out, BadValue otherwise."""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from email_validator import EmailNotValidError, validate_email

from paymail.errors import InvalidInput
from paymail.money import exponent, parse_decimal, to_minor
from paymail.services.imports.faults import BadValue, shown

Row = dict[str, str]
Choice = TypeVar("Choice", bound=StrEnum)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LARGEST_ID = 2**53
LARGEST_AMOUNT = 10**15
EARLIEST_DAY, LATEST_DAY = date(1990, 1, 1), date(2200, 1, 1)


def number(row: Row, column: str) -> int:
    """A positive whole number."""
    text = row[column].strip()
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= LARGEST_ID):
        raise BadValue(column, f"{shown(row[column])} is not a positive whole number")
    return int(text)


def text(row: Row, column: str, longest: int) -> str:
    """A text that is not empty and cannot break a header or a terminal."""
    value = row[column].strip()
    if not value:
        raise BadValue(column, "is empty")
    if len(value) > longest:
        raise BadValue(column, f"is longer than {longest} characters")
    if _CONTROL.search(value):
        raise BadValue(column, f"{shown(value)} contains a line break or control character")
    return value


def email(row: Row, column: str) -> str:
    """An address that can be mailed; its existence is not asked."""
    try:
        return validate_email(row[column].strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadValue(column, f"{shown(row[column])} is not an email address: {error}") from error


def currency(row: Row, column: str) -> str:
    """A currency that paymail bills in."""
    try:
        exponent(row[column].strip())
    except InvalidInput as error:
        raise BadValue(column, f"{shown(row[column])} is not a supported currency") from error
    return row[column].strip()


def day(row: Row, column: str) -> date:
    """A date as YYYY-MM-DD, in the years that an invoice can be of and the ladder can count from."""
    value = row[column].strip()
    try:
        if not _ISO_DATE.fullmatch(value):
            raise ValueError(value)
        found = date.fromisoformat(value)
    except ValueError as error:
        raise BadValue(column, f"{shown(value)} is not a date in the format YYYY-MM-DD") from error
    if not EARLIEST_DAY <= found <= LATEST_DAY:
        raise BadValue(column, f"{value} is not between {EARLIEST_DAY} and {LATEST_DAY}")
    return found


def decimal(row: Row, column: str) -> Decimal:
    """A plain decimal."""
    try:
        return parse_decimal(row[column])
    except InvalidInput as error:
        raise BadValue(column, f"{shown(row[column])} is not a decimal number") from error


def amount(row: Row, column: str, code: str, *, negative: bool = False) -> int:
    """An amount in minor units, exact in its currency."""
    value = decimal(row, column)
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
        if member.value == row[column].strip():
            return member
    names = ", ".join(member.value for member in allowed)
    raise BadValue(column, f"{shown(row[column])} is not one of {names}")
