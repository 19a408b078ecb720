"""How a file is written and what its columns mean, in the words of the page."""

import re
from datetime import date
from typing import Any

from paymail.services.imports.dialect import SEPARATORS
from paymail.services.imports.files.findings import Findings
from paymail.services.imports.files.reading import ENCODINGS, KEEP, THIS_FILE
from paymail.services.imports.header import COLUMNS, OPTIONAL_COLUMNS, OPTIONAL_LINE_COLUMNS
from paymail.services.imports.host_file import DATES
from paymail.services.imports.profiles.profile import FURTHER_COLUMNS
from paymail.web.staff.local_time import short_day

SEPARATOR_NAMES = dict(zip(("comma", "semicolon", "tab", "bar"), SEPARATORS, strict=True))
"""By the word that stands in the form: a tab is no text."""
SEPARATOR_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
ENCODING_WORDS = {
    **ENCODINGS,
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
MARKS = {".": "1,234.50", ",": "1.234,50"}
_LABELS = {
    "": "Leave out",
    KEEP: "Keep with the invoice",
    "invoice_id": "Invoice number",
    "customer_name": "Customer",
    "customer_email": "Email address",
    "issued_date": "Issue date",
    "status": "Status (draft, sent, void)",
    "tax_rate": "Tax rate, %",
    "tax_amount": "Tax",
    "tax_amount_aud": "GST in AUD",
    "amount_paid": "Paid so far",
    "amount_due": "Still owed",
    "line": "Line number",
    "external_ref": "Id in your system",
    "customer_ref": "Customer number",
    "customer_tax_id": "ABN or tax id",
    "customer_address": "Billing address",
    "customer_country": "Billing country",
    "customer_attention": "Attention of",
    "customer_contacts": "Further addresses",
    "metadata": "Metadata (JSON)",
    "payment_token": "Pay link token",
}
CHOICES = ("", *COLUMNS, *OPTIONAL_COLUMNS, *OPTIONAL_LINE_COLUMNS, *FURTHER_COLUMNS, KEEP)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OPTIONS = (
    ("under “Dates”:", "by --date-format"),
    ("under “Amounts”", "by --decimal-mark"),
    ("under “Currency”", "by --currency"),
    ("under “Kind of file”", "by --profile"),
)


def label(column: str) -> str:
    """Return what a column is called where people read or choose it."""
    return _LABELS.get(column) or column.replace("_", " ").capitalize()


def for_page(reason: str) -> str:
    """Return a reason with the fields of the page in place of the options of the command."""
    for field, option in _OPTIONS:
        reason = reason.replace(option, field)
    return reason


def value(column: str, text: str, today: date) -> str:
    """Return what a field is or would be; a day as people write it."""
    if column not in DATES or not _DAY.fullmatch(text):
        return text
    try:
        return short_day(date.fromisoformat(text), today)
    except ValueError:
        return text


def read_as(found: Findings) -> str:
    """Return `UTF-8, separated by commas, amounts like 1,234.50`."""
    parts = [
        ENCODING_WORDS.get(found.encoding, found.encoding),
        f"separated by {SEPARATOR_WORDS.get(found.separator, found.separator)}" if found.separator else "",
        f"amounts like {MARKS[found.decimal_mark]}" if found.decimal_mark in MARKS else "",
    ]
    return ", ".join(part for part in parts if part)


def choices(columns: set[str]) -> list[tuple[str, str]]:
    """Return what a column may mean, with its name for people; `columns` are in use whatever they are."""
    further = sorted(columns - set(CHOICES))
    return [(one, label(one)) for one in (*CHOICES, *further)]


WAYS: dict[str, Any] = {
    "encodings": ENCODINGS,
    "separators": {"comma": "Comma ,", "semicolon": "Semicolon ;", "tab": "Tab", "bar": "Vertical bar |"},
    "marks": MARKS,
    "dates": {
        "YYYY-MM-DD": "2026-12-31",
        "DD/MM/YYYY": "31/12/2026, day first",
        "MM/DD/YYYY": "12/31/2026, month first",
        "DD.MM.YYYY": "31.12.2026",
        "DD-MM-YYYY": "31-12-2026",
    },
    "this_file": THIS_FILE,
}
"""The choices of the page, by the value that the form sends."""
