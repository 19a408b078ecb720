"""Whether the rows of one invoice say the same of it."""

from paymail.errors import InvalidInput
from paymail.money import parse_decimal
from paymail.services.imports.faults import Fault, shown
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.header import HEAD_COLUMNS, OPTIONAL_COLUMNS

LINK = "payment_token"
"""The one column whose values are never shown."""


def disagreements(first_line: int, first: Row, line: int, row: Row, form: Format) -> list[Fault]:
    """Return where a row differs from the first one of its invoice; `10` is `10.00`."""
    same_link = row.get(LINK, "").strip() == first.get(LINK, "").strip()
    links = [] if same_link else [Fault(line, LINK, f"differs from the one on line {first_line}")]
    return links + [
        Fault(line, column, f"{shown(row[column])} differs from {shown(first[column])} on line {first_line}")
        for column in [*HEAD_COLUMNS, *(name for name in OPTIONAL_COLUMNS if name in first and name != LINK)]
        if row[column].strip() != first[column].strip()
        and not (column in HEAD_COLUMNS and equal(row[column], first[column], form))
    ]


def equal(one: str, other: str, form: Format) -> bool:
    """Whether two cells are the same number."""
    try:
        return parse_decimal(form.number(one)) == parse_decimal(form.number(other))
    except (ValueError, InvalidInput):
        return False
