"""A row in every table, and a hostile text in every column that may hold one: both follow from the models."""

import itertools
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, LargeBinary, String, func, insert, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session
from sqlalchemy.types import Enum, TypeDecorator

from paymail.models import Base
from paymail.services.outbox.suppressions import domain_of
from tests.factories import NOW

CHECKED = {
    "currency": "one of ISO 4217, which every import and setting is checked against",
    "locale": "one of ours, or none",
    "timezone": "one of the IANA's",
    "country": "two letters, checked when an issuer is set",
    "subdivision": "of a country, checked when an issuer is set",
    "ladder": "numbers and tones, checked when it is set",
    "send_at": "a time of day",
    "quiet_from": "a time of day",
    "quiet_until": "a time of day",
    "sender_rate": "a rate, checked when an issuer is set",
    "event_id": "Stripe's, letters and digits only, which is checked when an event arrives",
    "drifts.kind": "one of ours",
    "reconciler_turns.job": "one of ours",
    "invoice_lines.tax_category": "one of ours, checked when an invoice is imported",
    "step": "days, or `hand`",
    "tone": "one of ours",
    "customers.name_key": "a digest that we made",
    "import_profiles.name": "small letters, digits and hyphens, checked when it is saved",
    "import_profiles.definition": "JSON, checked when it is saved and whenever it is read",
    "import_files.sha256": "a digest that we made",
    "import_files.digest": "a digest that we made",
    "import_files.job": "made by us",
    "import_files.reading": "JSON of our choices, checked when it is saved",
    "issuers.logo_sha256": "a digest that we made",
    "issuer_logos.sha256": "a digest that we made",
    "staff_links.digest": "a digest that we made",
    "invoices.payment_token": "64 hex characters that we made; without it there is no pay page",
    "invoices.verify_code": "letters and digits that we made",
    "objections.positions": "numbers of lines, which we write",
    "staff_sessions.secret_sha256": "a digest; without it nobody is logged in",
    "staff_sessions.csrf": "made by us; without it no form is sent",
    "wordings.template": "one of ours, checked when it is saved",
    "wordings.language": "one of ours, checked when it is saved",
    "saved_views.query": "a filter, checked when it is saved",
    "staff_users.password_hash": "made by us",
    "api_keys.prefix": "made by us; without it no key opens",
    "api_keys.secret_sha256": "a digest; without it no key opens",
    "api_keys.scopes": "words of ours; without them no key opens",
}
"""Columns, of one table or of all, that nobody's text can reach: what their values are."""
EXAMPLES = {
    "currency": "AUD",
    "objections.positions": "1",
    "wordings.template": "invoice",
    "wordings.language": "en",
    "drifts.kind": "amount_differs",
    "reconciler_turns.job": "compare",
    "bank_changes.details": "{}",
    "import_profiles.definition": "{}",
    "import_files.reading": "{}",
    "import_files.findings": "{}",
    "import_files.corrections": "",
    "issuers.sender_findings": "",
}
"""What stands in a row that is made to fill a table, where not any text will do."""
FINDINGS, CORRECTIONS = "import_files.findings", "import_files.corrections"
CHANGES, FILTER, METADATA = "import_changes.fields", "bulk_sends.selection", "invoices.metadata"
BANK, DNS = "bank_changes.details", "issuers.sender_findings"
"""JSON: the hostile text stands inside of it."""
SHORTER = ("<script>alert(1)</script>", "<img src=x>", "<q>", "<")
"""What is put where the whole text has no room."""


def text_columns() -> Iterator[Column[Any]]:
    """Yield every column that may hold somebody's text."""
    for table in Base.metadata.sorted_tables:
        pointed_at = {key.column for other in Base.metadata.sorted_tables for key in other.foreign_keys}
        for column in table.columns:
            textual = isinstance(column.type, String) and not isinstance(column.type, (Enum, TypeDecorator))
            ours = column.name in CHECKED or str(column) in CHECKED
            if textual and not ours and not column.foreign_keys and column not in pointed_at:
                yield column


def fill_empty_tables(session: Session) -> None:
    """Put a row into every table that has none, about the first rows of the others."""
    for table in Base.metadata.sorted_tables:
        if not session.scalar(select(func.count()).select_from(table)):
            values = {column.name: _any_value(session, column) for column in table.columns}
            session.execute(insert(table).values(values))


def _any_value(session: Session, column: Column[Any]) -> Any:
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return session.scalar(select(key.column).order_by(key.column).limit(1))
    if (example := EXAMPLES.get(column.name) or EXAMPLES.get(str(column))) is not None:
        return example
    if column.nullable and not isinstance(column.type, String):
        return None  # such as when something ended, after which it is not shown any more
    if isinstance(column.type, Enum) and column.type.enum_class is not None:
        return next(iter(column.type.enum_class))
    kind = getattr(column.type, "kinds", None)
    if kind is not None:
        return next(iter(kind))
    if isinstance(column.type, LargeBinary):
        return b"x"
    made = {str: "x", int: 1, bool: False, datetime: NOW, date: NOW.date(), Decimal: Decimal(1)}
    return made[_python_type(column)]


def _python_type(column: Column[Any]) -> type:
    inside = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    names = {"UtcDateTime": datetime, "ExactDecimal": Decimal}
    return names.get(type(column.type).__name__) or inside.python_type


def poison(session: Session, value: str, *tables: str, but: tuple[str, ...] = ()) -> None:
    """Put `value` and the column's name into every text column of every row (of `tables`, and `but` some)."""
    _let_the_log_change(session)
    numbers = itertools.count(1)
    for column in text_columns():
        table: Any = column.table
        if str(column) in but or (tables and table.name not in tables):
            continue
        keys = list(table.primary_key.columns)
        for row in session.execute(select(*keys).order_by(*keys)).all():
            here = [key == found for key, found in zip(keys, row, strict=True)]
            text = _fitting(column, value) + (str(next(numbers)) if _is_unique(column) else "")
            session.execute(update(table).where(*here).values({column.name: text}))
    if session.get_bind().dialect.name == "postgresql":  # whose schema outlives the test
        session.execute(sql("ALTER TABLE audit_entries ENABLE TRIGGER USER"))


def _let_the_log_change(session: Session) -> None:
    """Lift what refuses a change of the audit log (migration 0046): hostile texts are not made by an act."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sql("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
    else:
        session.execute(sql("DROP TRIGGER IF EXISTS audit_entries_no_update"))


def _fitting(column: Column[Any], value: str) -> str:
    """Return `value` with the column's name, or what of its kind has room there beside a number."""
    if str(column) == CHANGES:
        text = f"{value}[{column}]"
        return json.dumps({"notes": [text, text]})
    if str(column) == FINDINGS:
        text = f"{value}[{column}]"
        fault = {"line": 1, "number": text, "column": text, "reason": text}
        return json.dumps(
            {"left_out": [fault], "columns": [{"name": text, "means": text, "samples": [text]}]}
        )
    if str(column) == CORRECTIONS:
        text = f"{value}[{column}]"
        return json.dumps(
            [{"line": 2, "place": 0, "old": text, "new": text, "actor": text, "at": NOW.isoformat()}]
        )
    if str(column) == BANK:
        return json.dumps({"bank_holder": f"{value}[{column}]"})
    if str(column) == DNS:
        text, domain = f"{value}[{column}]", domain_of(f"{value}[issuers.email]")
        return json.dumps({"at": NOW.isoformat(), "domain": domain, "found": [["failed", text, text]]})
    if str(column) == METADATA:
        return json.dumps({value[:40]: f"{value}[{column}]"})
    if str(column) == FILTER:
        return json.dumps({"customer": f"{value}[{column}]", "currency": value})
    room = getattr(column.type, "length", None) or 10_000
    longest_first = (f"{value}[{column}]", f"{SHORTER[0]}[{column}]", value, *SHORTER)
    return next((text for text in longest_first if len(text) + 3 <= room), SHORTER[-1])


def _is_unique(column: Column[Any]) -> bool:
    table: Any = column.table
    together = [c.columns for c in table.constraints if hasattr(c, "columns")]
    together += [index.columns for index in table.indexes if index.unique]
    return bool(column.primary_key or column.unique or any(column in list(columns) for columns in together))
