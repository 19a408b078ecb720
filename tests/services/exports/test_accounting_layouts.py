"""What Xero and MYOB are given: nothing is lost, and `paymail import` reads it back as it is."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import (
    Channel,
    Customer,
    Dispute,
    DisputeState,
    Invoice,
    InvoiceLine,
    Issuer,
    Payment,
)
from paymail.services.core.contexts import Context
from paymail.services.core.formulas import unguarded
from paymail.services.exports import myob, xero
from paymail.services.exports.billed import billed, moved
from paymail.services.exports.csv_lines import safe
from paymail.services.exports.period import Period
from paymail.services.imports import import_invoices, open_host_file
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from tests.conftest import SAMPLE
from tests.factories import NOW, make_invoice

ALWAYS = Period(date(2000, 1, 1), date(2199, 12, 31))


def context(engine: Engine) -> Context:
    @contextmanager
    def transaction() -> Iterator[Session]:
        with db.transaction(engine) as session:
            yield session

    return Context(transaction, lambda: NOW)


def xero_file(engine: Engine) -> str:
    with db.reading(engine) as session:
        issuer = session.scalars(select(Issuer)).one()
        return "".join(xero.invoice_lines(issuer, billed(session, issuer=issuer, span=ALWAYS)))


def test_xeros_file_is_read_back_by_our_own_import_and_changes_nothing(engine: Engine) -> None:
    with db.transaction(engine) as session:
        issuer_id = make_invoice(session, invoice_id=9000).issuer_id
    with SAMPLE.open("rb") as file:
        import_invoices(context(engine), source=open_host_file(file), issuer_id=issuer_id, actor="amy")
    written = xero_file(engine)
    numbers = {row["InvoiceNumber"] for row in csv.DictReader(io.StringIO(written))}
    source = open_host_file(io.BytesIO(written.encode()))
    report = import_invoices(context(engine), source=source, issuer_id=issuer_id, actor="amy")
    assert report.faults == ()
    assert (report.created, report.updated, report.skipped) == (0, 0, 0)
    assert report.unchanged == len(numbers) == 1 + 314 + 99 + 33


@pytest.mark.parametrize("text", ["- 3 hours", "'- 3 hours", "\uff1dSUM(A1)", "'tis done"])
def test_a_text_that_is_guarded_in_the_file_comes_back_as_it_was(engine: Engine, text: str) -> None:
    with db.transaction(engine) as session:
        invoice = make_invoice(session, name="+61 Plumbing", due_in=5)
        invoice.lines[0].description = text
        issuer_id = invoice.issuer_id
    written = xero_file(engine)
    if text != "'tis done":
        assert f"'{text}" in written
    source = open_host_file(io.BytesIO(written.encode()))
    report = import_invoices(context(engine), source=source, issuer_id=issuer_id, actor="amy")
    assert (report.faults, report.unchanged) == ((), 1)


def test_a_text_that_an_import_of_before_kept_with_its_guard_is_the_same(engine: Engine) -> None:
    with db.transaction(engine) as session:
        invoice = make_invoice(session, due_in=5)
        invoice.lines[0].description = "- 3 hours"
        issuer_id = invoice.issuer_id
    written = xero_file(engine)
    with db.transaction(engine) as session:
        session.scalars(select(InvoiceLine)).one().description = "'- 3 hours"
    source = open_host_file(io.BytesIO(written.encode()))
    report = import_invoices(context(engine), source=source, issuer_id=issuer_id, actor="amy")
    assert (report.faults, report.unchanged) == ((), 1)


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\n=", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_every_sign_that_begins_a_formula_is_guarded_and_the_guard_comes_off(sign: str) -> None:
    assert safe(f"{sign}1") == f"'{sign}1"
    assert unguarded(f"'{sign}1") == f"{sign}1"


def test_lines_of_several_rates_keep_their_own_and_add_up_to_the_invoices_tax(engine: Engine) -> None:
    with db.transaction(engine) as session:
        invoice = make_invoice(session, subtotal=250, tax=15)
        session.flush()
        for line in session.scalars(select(InvoiceLine)):
            line.amount, line.unit_price = 50, Decimal("0.50")
        for position, amount, category in ((2, 49, "S"), (3, 50, "S"), (4, 101, "Z")):
            session.add(
                InvoiceLine(
                    invoice_id=invoice.invoice_id, position=position, description="More", quantity=Decimal(1),
                    unit_price=Decimal(amount) / 100, amount=amount, tax_category=category,
                    tax_rate=Decimal(10) if category == "S" else Decimal(0),
                )
            )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(xero_file(engine))))
    assert [row["TaxType"] for row in rows] == ["GST on Income"] * 3 + ["GST Free Income"]
    assert sum(Decimal(row["TaxAmount"]) for row in rows) == Decimal("0.15")
    assert rows[3]["TaxAmount"] == "0.00"


def test_no_cell_is_calculated_and_no_tab_ends_one(engine: Engine) -> None:
    with db.transaction(engine) as session:
        make_invoice(session, name='=HYPERLINK("http://x")')
        session.flush()
        session.scalars(select(InvoiceLine)).one().description = "+1\tand\nmore"
        session.scalars(select(Customer)).one().address = "1 Main St\n\nSydney\nNSW\n2000\nAustralia"
    (row,) = csv.DictReader(io.StringIO(xero_file(engine)))
    assert row["ContactName"].startswith("'=")
    assert row["POAddressLine4"] == "2000, Australia"
    with db.reading(engine) as session:
        issuer = session.scalars(select(Issuer)).one()
        sales = "".join(myob.sale_lines(billed(session, issuer=issuer, span=ALWAYS))).split("\n")
    (sale,) = csv.DictReader(io.StringIO("\n".join(sales[:2])), delimiter="\t")
    assert (sale["Description"], sale["Co./Last Name"][0]) == ("'+1 and more", "'")
    assert (sale["Amount"], sale["Inc-Tax Amount"], sale["GST Amount"], sale["Tax Code"]) == (
        "75.00", "82.50", "7.50", "GST",
    )  # fmt: skip
    assert sales[2:] == ["", ""]


def test_money_of_a_period_comes_and_goes_back(engine: Engine) -> None:
    with db.transaction(engine) as session:
        invoice = make_invoice(session)
        asked = ManualPayment(8250, Channel.BANK_TRANSFER, date(2026, 3, 13), "INV 502")
        paid = record_payment(session, invoice_id=invoice.invoice_id, asked=asked, actor="amy", now=NOW)
        order = RefundOrder(825, Channel.BANK_TRANSFER, "less")
        refund_requests.request(session, payment_id=paid.payment_id, order=order, actor="amy", now=NOW)
        assert session.scalars(select(Payment)).one()
        assert session.get_one(Invoice, 502)
    with db.reading(engine) as session:
        issuer = session.scalars(select(Issuer)).one()
        found = list(moved(session, issuer=issuer, span=Period(date(2026, 3, 1), date(2026, 3, 31))))
        before = list(moved(session, issuer=issuer, span=Period(date(2026, 2, 1), date(2026, 2, 28))))
    assert before == []
    bank = list(csv.DictReader(io.StringIO("".join(xero.payment_lines(found)))))
    assert [(one["Date"], one["Amount"], one["Description"], one["Reference"]) for one in bank] == [
        ("13/03/2026", "82.50", "R-000001 bank transfer", "502"),
        ("17/03/2026", "-8.25", "CN-000001 bank_transfer", "502"),
    ]
    received = list(csv.DictReader(io.StringIO("".join(myob.payment_lines(found))), delimiter="\t"))
    assert [(one["Invoice No."], one["Amount Applied"], one["Receipt Date"]) for one in received] == [
        ("502", "82.50", "13/03/2026"),
    ]  # fmt: skip


def test_a_lost_dispute_is_money_that_went_back_on_the_day_it_was_lost(engine: Engine) -> None:
    lost_at = datetime(2026, 3, 31, 13, 30, tzinfo=UTC)  # half past midnight of 1 April in Sydney
    with db.transaction(engine) as session:
        make_invoice(session)
        asked = ManualPayment(8250, Channel.BANK_TRANSFER, date(2026, 3, 13), "INV 502")
        paid = record_payment(session, invoice_id=502, asked=asked, actor="amy", now=NOW)
        for number, state in enumerate((DisputeState.LOST, DisputeState.OPEN)):
            session.add(
                Dispute(
                    dispute_id=f"dp_{number}", invoice_id=502, payment_id=paid.payment_id, amount=4125,
                    currency="AUD", state=state, gateway_status=state, opened_at=NOW, updated_at=lost_at,
                )
            )  # fmt: skip
    with db.reading(engine) as session:
        issuer = session.scalars(select(Issuer)).one()
        found = list(moved(session, issuer=issuer, span=Period(date(2026, 4, 1), date(2026, 4, 30))))
    assert [(one.day, one.amount, one.reference) for one in found] == [
        (date(2026, 4, 1), Decimal("-41.25"), "chargeback"),
    ]  # fmt: skip
    (bank,) = csv.DictReader(io.StringIO("".join(xero.payment_lines(found))))
    assert (bank["Amount"], bank["Description"], bank["Reference"]) == ("-41.25", "dp_0 chargeback", "502")
