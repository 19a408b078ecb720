"""Columns that a file may have: identities, and what the host keeps. None: the file has no such column."""

import json
import re
import unicodedata

from paymail.services.imports.faults import BadValue, shown
from paymail.services.imports.fields import LARGEST_ID, Format, Row, amount, lines_of_text, text

LONGEST_NUMBER = 40
LONGEST_REF = 200
LONGEST_TEXT = 2000
MOST_KEYS, LONGEST_KEY, LONGEST_VALUE = 20, 40, 200
_NUMERAL = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def invoice_key(cell: str) -> str:
    """Return an invoice's number as it is compared: composed, and a whole number without leading zeros."""
    found = unicodedata.normalize("NFC", cell.strip())
    return found.lstrip("0") or found if found.isascii() and found.isdecimal() else found


def invoice_number(row: Row, column: str) -> str:
    """An invoice's number: `502`, `INV-0042`. A fraction or `5.02E+02` is what a spreadsheet made of one."""
    number = invoice_key(text(row, column, LONGEST_NUMBER))
    if not number.isprintable():
        raise BadValue(column, f"{shown(row[column])} contains a character that cannot be printed")
    whole = number.isascii() and number.isdecimal() and number.strip("0") != ""
    if not whole and (_NUMERAL.fullmatch(number) or number.strip("0") == ""):
        raise BadValue(column, f"{shown(row[column])} is neither a positive whole number nor a text")
    return number


def wanted_id(number: str) -> int | None:
    """Return the id that an invoice of this number has where it is free; None for a text."""
    return int(number) if number.isascii() and number.isdecimal() and int(number) <= LARGEST_ID else None


def word(row: Row, column: str, longest: int) -> str | None:
    """A text of one line, which may be empty."""
    if column not in row:
        return None
    return text(row, column, longest) if row[column].strip() else ""


def paragraph(row: Row, column: str) -> str | None:
    """A text that may have several lines, or be empty."""
    if column not in row:
        return None
    return lines_of_text(row, column, LONGEST_TEXT) if row[column].strip() else ""


def country(row: Row, column: str) -> str | None:
    """A country of two letters, in either case, or empty."""
    found = word(row, column, LONGEST_REF)
    if found and not _COUNTRY.fullmatch(found.upper()):
        raise BadValue(column, f"{shown(found)} is not a country of two letters (ISO 3166-1), such as AU")
    return found.upper() if found else found


def australian_dollars(row: Row, column: str, form: Format) -> int | None:
    """An amount of Australian dollars in cents; 0 where the cell is empty."""
    if column not in row:
        return None
    return amount(row, column, "AUD", form) if row[column].strip() else 0


def metadata(row: Row, column: str) -> str | None:
    """A JSON object of a few short texts, or empty; returned in one form, so that equal ones are equal."""
    if column not in row:
        return None
    if not row[column].strip():
        return ""
    try:
        found = json.loads(row[column])
    except (ValueError, RecursionError) as error:
        raise BadValue(column, f"{shown(row[column])} is not a JSON object") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadValue(column, f"{shown(row[column])} is not a JSON object of texts")
    if len(found) > MOST_KEYS:
        raise BadValue(column, f"has more than {MOST_KEYS} keys")
    for key, value in found.items():
        text({column: key}, column, LONGEST_KEY)
        if value:
            text({column: value}, column, LONGEST_VALUE)
    return json.dumps(found, sort_keys=True, ensure_ascii=True) if found else ""
