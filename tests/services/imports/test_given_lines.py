"""Invoices line by line, and one by one: what died midway goes on, and a number is given out once."""

import io
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select

from paymail import db
from paymail.models import Invoice
from paymail.services.core.contexts import Context
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports import ImportRefused, Report, import_invoices
from paymail.services.imports.faults import Fault
from paymail.services.imports.given import (
    GivenConflict,
    GivenInvoice,
    GivenLines,
    GivenRefused,
    put_invoice,
)
from paymail.services.imports.given.invoice import check_given, rows_of
from paymail.services.imports.given.lines import MOST_LINES
from paymail.services.imports.invoice_check import HostInvoice
from tests.factories import NOW
from tests.services.imports.host_files import context_of

HEAD = {
    "customer_name": "Acme",
    "customer_email": "a@acme.example",
    "currency": "AUD",
    "issued_date": "2026-03-01",
    "due_date": "2026-03-31",
    "tax_rate": "10",
}
ITEM = {"description": "Support", "quantity": "1", "unit_price": "75.00"}


def given(*items: dict[str, str], **head: str) -> GivenInvoice:
    return GivenInvoice(HEAD | head, items or (ITEM,))


def looked_at(invoice: GivenInvoice) -> HostInvoice | list[Fault]:
    return check_given(rows_of(invoice, {"invoice_id": "7", "status": "draft"}))


def totals(invoice: GivenInvoice) -> tuple[int, int, int]:
    found = looked_at(invoice)
    assert isinstance(found, HostInvoice), found
    return found.subtotal, found.tax, found.total


@pytest.fixture
def issuer_id(engine: Engine) -> int:
    with db.transaction(engine) as session:
        return ensure_issuer(
            session, name="Host Pty Ltd", email="b@host.example", tax_id="51 824 753 556", now=NOW
        ).issuer_id


def reading_of(engine: Engine) -> Context:
    return Context(lambda: db.reading(engine), lambda: NOW)


def parse(raw: bytes) -> GivenInvoice | list[Fault]:
    number = raw.decode().strip()
    return given(invoice_id=f"INV-{number}", external_ref=f"a-{number}", status="sent")


class Killed(Exception):
    """The process dies here."""


def test_sums_that_are_not_given_follow_from_the_items_by_our_rounding() -> None:
    cents = {"description": "Call", "quantity": "3", "unit_price": "0.005"}
    assert totals(given(cents)) == (2, 0, 2), "half a cent is rounded up"
    assert totals(given(*[{**ITEM, "unit_price": "0.05"}] * 3)) == (15, 2, 17), "tax once, not per line"
    own = {**ITEM, "line_tax_rate": "5"}
    assert totals(given(ITEM, own)) == (15000, 1125, 16125)
    assert totals(given(ITEM, {**ITEM, "line_tax_category": "Z"})) == (15000, 750, 15750)
    assert totals(given({**ITEM, "quantity": "-1"}, ITEM, ITEM)) == (7500, 750, 8250)
    assert totals(given({**ITEM, "unit_price": "7500"}, currency="JPY")) == (7500, 750, 8250)


def test_an_invoice_without_a_rate_needs_one_of_each_item() -> None:
    assert totals(given({**ITEM, "line_tax_rate": "10"}, tax_rate="")) == (7500, 750, 8250)
    both = given({**ITEM, "line_tax_rate": "10"}, {**ITEM, "line_tax_rate": "0"}, tax_rate="")
    assert totals(both) == (15000, 750, 15750)
    for missing in (given(tax_rate=""), given({**ITEM, "line_tax_rate": "10"}, ITEM, tax_rate="")):
        faults = looked_at(missing)
        assert isinstance(faults, list)
        assert [(fault.line, fault.column) for fault in faults] == [(1, "tax_rate")]


def test_numbers_with_separators_are_refused_and_never_guessed() -> None:
    for wrong in ("1,234", "1 234", "1'234.50", "1e3", "٣", "+5", ".5", "NaN"):
        faults = looked_at(given({**ITEM, "unit_price": wrong}))
        assert isinstance(faults, list), wrong
        assert [(fault.column, fault.reason) for fault in faults] == [
            ("unit_price", "is not a decimal number such as 1234.50")
        ]


def test_lines_that_were_stored_before_a_kill_are_unchanged_and_the_rest_goes_on(
    engine: Engine, issuer_id: int
) -> None:
    content = "\n".join(map(str, range(150))).encode()

    def bring(killed_after: int = 10**6) -> Report:
        def progress(done: int, _of: int) -> None:
            if done >= killed_after:
                raise Killed

        lines = GivenLines(reading_of(engine), io.BytesIO(content), parse=parse, issuer_id=issuer_id)
        return import_invoices(
            context_of(engine), source=lines, issuer_id=issuer_id, actor="test", progress=progress
        )

    with pytest.raises(Killed):
        bring(killed_after=100)
    report = bring()
    assert (report.created, report.unchanged, report.skipped) == (50, 100, 0)
    again = bring()
    assert (again.created, again.unchanged, again.rows) == (0, 150, 150)
    with db.reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Invoice)) == 150


def test_a_file_of_too_many_lines_is_refused_before_any_is_read(engine: Engine, issuer_id: int) -> None:
    def look(lines: int) -> GivenLines:
        content = io.BytesIO(b"7\n" + b"\n" * (lines - 1))
        return GivenLines(reading_of(engine), content, parse=parse, issuer_id=issuer_id)

    assert look(MOST_LINES).invoices == 1
    with pytest.raises(ImportRefused) as refused:
        look(MOST_LINES + 1)
    (fault,) = refused.value.faults
    assert (fault.line, fault.reason) == (
        400_001,
        "the file has more than 400,000 lines: send it in several parts",
    )


def test_what_is_made_by_hand_never_changes_what_is_here(engine: Engine, issuer_id: int) -> None:
    def put(invoice: GivenInvoice, *, only_new: bool) -> str:
        return put_invoice(
            context_of(engine),
            reading=reading_of(engine),
            given=invoice,
            issuer_id=issuer_id,
            actor="vera",
            only_new=only_new,
        ).what

    first = given(invoice_id="INV-7", notes="as it was")
    assert put(first, only_new=True) == "created"
    for again in (first, replace(first, head=first.head | {"notes": "otherwise"})):
        with pytest.raises(GivenConflict) as refused:
            put(again, only_new=True)
        assert [fault.column for fault in refused.value.faults] == ["/invoice_number"]
    with pytest.raises(GivenRefused):
        put(given(currency="AUX"), only_new=False)
    with db.reading(engine) as session:
        assert [one.notes for one in session.scalars(select(Invoice))] == ["as it was"]
