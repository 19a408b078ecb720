"""Imports on a clock that moves, with mail, payments and staff between them."""

import io
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Engine, func, select

from paymail import db
from paymail.models import Base, Import, Invoice, Issuer
from paymail.services.core.contexts import Context
from paymail.services.imports import Report, import_invoices, open_host_file, take_back
from paymail.services.lists import imports
from paymail.services.lists.imports import ImportView
from tests.services.emailed_invoice import EmailedInvoice
from tests.services.imports.host_files import Row, rows, text_of

LATER = timedelta(minutes=1)


class ImportStory(EmailedInvoice):
    """Imports for the issuer of invoice 502; each takes its own minute."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        with db.reading(engine) as session:
            self.issuer_id = session.scalars(select(Issuer.issuer_id)).one()

    @property
    def plain(self) -> Context:
        """What use cases with several transactions are given."""
        return Context(self.context.transaction, self.now)

    def bring(self, *changes: Row, after: Callable[[], None] = lambda: None, name: str = "") -> Report:
        """Import rows that differ so from the sample; `after` is called after each chunk."""
        return self.bring_text(text_of(rows(*changes)), after=after, name=name)

    def bring_text(self, text: str, *, after: Callable[[], None] = lambda: None, name: str = "") -> Report:
        """Import a file."""
        self.clock += LATER
        return import_invoices(
            self.plain,
            source=open_host_file(io.BytesIO(text.encode())),
            issuer_id=self.issuer_id,
            actor="test",
            progress=lambda _done, _of: after(),
            source_name=name,
        )

    def take_back(self, import_id: int | None) -> Import:
        """Take an import back a minute later."""
        self.clock += LATER
        return take_back(self.plain, import_id=import_id or 0, actor="staff")

    def view(self, import_id: int | None) -> ImportView:
        """Look at an import."""
        with db.reading(self.engine) as session:
            return imports.view(session, import_id=import_id or 0)

    def numbers(self) -> list[str]:
        """Return the numbers of all invoices."""
        with db.reading(self.engine) as session:
            return list(session.scalars(select(Invoice.number).order_by(Invoice.invoice_id)))

    def counts(self, *without: str) -> dict[str, int]:
        """Return how many rows each table has."""
        with db.reading(self.engine) as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
                if table.name not in without
            }


def made(*ids: int, **change: str) -> Sequence[Row]:
    """Return rows of invoices with these numbers, each for a customer of its own."""
    return [
        {"invoice_id": str(n), "customer_name": f"Customer {n}", "customer_email": f"c{n}@acme.example"}
        | change
        for n in ids
    ]
