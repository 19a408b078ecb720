"""Host files for tests: made from a sound row, brought in whole or looked at."""

import csv
import io
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from paymail import db
from paymail.services.core.contexts import Context
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports import Format, ImportRefused, Report, import_invoices, open_host_file
from paymail.services.imports.faults import Fault
from paymail.services.imports.header import COLUMNS
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.sources import Refused
from tests.factories import NOW

Row = dict[str, str]
BASE: Row = dict(
    zip(
        COLUMNS,
        "7,Acme,a@acme.example,AUD,2026-03-01,2026-03-31,sent,unpaid,75.00,10.00,7.50,82.50,0.00,1,Support,1,"
        "75.00,75.00".split(","),
        strict=True,
    )
)


def rows(*changes: Row) -> list[Row]:
    return [BASE | change for change in changes]


def text_of(table: Iterable[Row]) -> str:
    out = io.StringIO(newline="")
    given = list(table)
    more = dict.fromkeys(name for row in given for name in row if name not in COLUMNS)
    writer = csv.DictWriter(out, [*COLUMNS, *more], restval="")
    writer.writeheader()
    writer.writerows(given)
    return out.getvalue()


def context_of(engine: Engine) -> Context:
    def transaction() -> AbstractContextManager[Session]:
        return db.transaction(engine)

    return Context(transaction, lambda: NOW)


def bring(
    engine: Engine,
    text: str | bytes,
    *,
    all_or_nothing: bool = False,
    after: Callable[[], None] = lambda: None,
    issuer: str = "Host Pty Ltd",
    dry_run: bool = False,
) -> Report:
    """Import a file for one issuer; `after` is called after each transaction."""
    content = text.encode() if isinstance(text, str) else text
    with db.transaction(engine) as session:
        found = ensure_issuer(
            session, name=issuer, email="billing@host.example", tax_id="51 824 753 556", now=NOW
        )
    return import_invoices(
        context_of(engine),
        source=open_host_file(io.BytesIO(content)),
        issuer_id=found.issuer_id,
        actor="test",
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        progress=lambda _done, _of: after(),
    )


def look(content: str | bytes, form: Format | None = None) -> tuple[list[HostInvoice], list[Fault]]:
    """Return the sound invoices of a file, and everything that is wrong with the rest."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    try:
        file = open_host_file(io.BytesIO(data), form or Format())
    except ImportRefused as refused:
        return [], list(refused.faults)
    found = list(file.checked())
    sound = [invoice for invoice in found if isinstance(invoice, HostInvoice)]
    bad = [fault for refused in found if isinstance(refused, Refused) for fault in refused.faults]
    return sound, sorted([*file.faults, *bad])


def faults_of(*changes: Row) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column, fault.reason) for fault in look(text_of(rows(*changes)))[1]]
