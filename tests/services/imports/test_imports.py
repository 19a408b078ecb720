"""A host's export comes in whole or not at all, with every fault named, and never twice."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from paymail import db
from paymail.models import Customer, Invoice, InvoiceLine, InvoiceStatus, PaymentStatus
from paymail.services.core.history import history
from paymail.services.imports import ImportRefused
from paymail.services.imports.header import COLUMNS
from paymail.services.sending import invoice_emails
from tests.conftest import SAMPLE
from tests.factories import NOW
from tests.services.imports.host_files import Row, bring, faults_of, look, rows, text_of


def count(engine: Engine, table: type) -> int:
    with db.reading(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_hosts_502_invoices_come_in_as_they_are(engine: Engine) -> None:
    text = SAMPLE.read_text(encoding="utf-8-sig")
    report = bring(engine, text)
    assert (report.created, report.rows, report.faults) == (502, 1983, ())
    assert count(engine, InvoiceLine) == 1983
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    heads = {row["invoice_id"]: row for row in table}
    with db.reading(engine) as session:
        for invoice in session.scalars(select(Invoice)):
            head = heads[str(invoice.invoice_id)]
            assert (invoice.status, invoice.payment_status) == (head["status"], head["payment_status"])
            assert (invoice.currency, invoice.tax_rate) == (head["currency"], Decimal(head["tax_rate"]))
            digits = {"JPY": 0, "KWD": 3}.get(invoice.currency, 2)
            for ours, theirs in (
                ("total", "total"),
                ("amount_paid", "amount_paid"),
                ("tax_amount", "tax_amount"),
            ):
                assert Decimal(getattr(invoice, ours)).scaleb(-digits) == Decimal(head[theirs])
        names = set(session.scalars(select(Customer.name)))
    assert names == {row["customer_name"] for row in table}


def test_every_invoice_gets_its_own_token(engine: Engine) -> None:
    bring(engine, SAMPLE.read_text(encoding="utf-8-sig"))
    with db.reading(engine) as session:
        tokens = list(session.scalars(select(Invoice.payment_token)))
    assert len(set(tokens)) == 502
    assert all(len(token) == 64 and set(token) <= set("0123456789abcdef") for token in tokens)


def test_a_second_run_changes_nothing(engine: Engine) -> None:
    text = SAMPLE.read_text(encoding="utf-8-sig")
    bring(engine, text)
    with db.reading(engine) as session:
        before = session.execute(select(Invoice.invoice_id, Invoice.payment_token, Invoice.updated_at)).all()
    report = bring(engine, text)
    assert (report.created, report.updated, report.unchanged) == (0, 0, 502)
    with db.reading(engine) as session:
        after = session.execute(select(Invoice.invoice_id, Invoice.payment_token, Invoice.updated_at)).all()
    assert sorted(after) == sorted(before)


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"invoice_id": "5.02E+02"}, "invoice_id", "neither a positive whole number nor a text"),
        ({"invoice_id": "7.0"}, "invoice_id", "neither a positive whole number nor a text"),
        ({"invoice_id": "-7"}, "invoice_id", "neither a positive whole number nor a text"),
        ({"invoice_id": "0"}, "invoice_id", "neither a positive whole number nor a text"),
        ({"invoice_id": "9" * 41}, "invoice_id", "longer than 40"),
        ({"invoice_id": "INV\t1"}, "invoice_id", "control character"),
        ({"description": "Cable \ue000"}, "description", "private-use character"),
        ({"customer_name": " "}, "customer_name", "is empty"),
        ({"customer_name": "a\r\nBcc: x@evil.example"}, "customer_name", "line break"),
        ({"customer_name": "x" * 301}, "customer_name", "longer than 300"),
        ({"customer_email": "nobody"}, "customer_email", "not an email address"),
        ({"customer_email": "a@b.example\nBcc: c@d.example"}, "customer_email", "not an email address"),
        ({"currency": "XYZ"}, "currency", "not a supported currency"),
        ({"currency": "aud"}, "currency", "not a supported currency"),
        ({"issued_date": "01/03/2026"}, "issued_date", "YYYY-MM-DD"),
        ({"due_date": "2026-02-30"}, "due_date", "YYYY-MM-DD"),
        ({"due_date": "9999-12-31"}, "due_date", "between 1990-01-01 and 2200-01-01"),
        ({"due_date": "2200-01-02"}, "due_date", "between 1990-01-01 and 2200-01-01"),
        ({"issued_date": "1989-12-31"}, "issued_date", "between 1990-01-01 and 2200-01-01"),
        ({"due_date": "2026-02-01"}, "due_date", "before the issue date"),
        ({"status": "open"}, "status", "draft, sent, void"),
        ({"payment_status": "processing"}, "payment_status", "unpaid, partial, paid"),
        ({"tax_rate": "101"}, "tax_rate", "between 0 and 100"),
        ({"subtotal": "1e2"}, "subtotal", "not a decimal"),
        ({"subtotal": "75.001"}, "subtotal", "more decimal places than AUD"),
        ({"total": "-1.00"}, "total", "credit notes are not imported"),
        ({"quantity": "NaN"}, "quantity", "not a decimal"),
        ({"line": "-1"}, "line", "not a positive whole number"),
        ({"description": ""}, "description", "is empty"),
        ({"total": "82.60"}, "total", "is 82.60, subtotal + tax is 82.50: off by 0.10"),
        ({"tax_amount": "7.60", "total": "82.60"}, "tax_amount", "% of the subtotal is 7.50: off by 0.10"),
        ({"line_amount": "74.00"}, "line_amount", "off by -1.00"),
        ({"subtotal": "76.00", "tax_amount": "7.60", "total": "83.60"}, "subtotal", "off by 1.00"),
        ({"amount_paid": "1.00"}, "amount_paid", "AUD 1.00 of AUD 82.50 does not match unpaid"),
        ({"payment_status": "paid", "amount_paid": "1.00"}, "amount_paid", "does not match paid"),
        ({"payment_status": "partial"}, "amount_paid", "does not match partial"),
        ({"status": "draft", "payment_status": "partial", "amount_paid": "1.00"}, "amount_paid", "a draft"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_line_column_and_reason(change: Row, column: str, reason: str) -> None:
    found = faults_of({"invoice_id": "6"}, change)
    assert [(line, where) for line, where, _ in found] == [(3, column)]
    assert reason in found[0][2]


def test_rows_of_one_invoice_must_agree() -> None:
    places = [fault[:2] for fault in faults_of({}, {"line": "2", "customer_name": "Other"})]
    assert (3, "customer_name") in places
    assert (3, "line") in [fault[:2] for fault in faults_of({}, {})]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the header is missing invoice_id"),
        ("a,b\n1,2\n", "the header is missing line_amount (it also has 'a', 'b')"),
        (",".join([*COLUMNS, "line"]) + "\n", "the header has line twice"),
        (",".join(COLUMNS) + "\n1,2\n", "has 2 fields instead of 18"),
        (",".join(COLUMNS) + '\n"1,2\n', "cannot be read"),
        (",".join(COLUMNS) + "\n1\x00,2\n", "fields instead of|cannot be read"),
    ],
)
def test_a_file_that_is_not_the_export_says_why(text: str, reason: str) -> None:
    faults = look(text)[1]
    assert any(part in fault.reason for fault in faults for part in reason.split("|"))


def test_line_numbers_count_lines_of_the_file_not_rows() -> None:
    text = text_of(rows({"invoice_id": "5"}, {"invoice_id": "6", "total": "1.00"}))
    broken = text.replace("Support", '"Two\nlines"', 1)
    broken = broken.replace("82.50", "1.00", 1)
    assert [fault.line for fault in look(broken)[1]] == [2, 4]


def test_tax_may_be_rounded_per_line_or_per_invoice() -> None:
    lines = [{"line": str(n), "unit_price": "0.05", "line_amount": "0.05"} for n in (1, 2, 3)]
    whole = {"subtotal": "0.15", "tax_amount": "0.02", "total": "0.17"}
    each = {"subtotal": "0.15", "tax_amount": "0.03", "total": "0.18"}
    assert faults_of(*[line | whole for line in lines]) == []
    assert faults_of(*[line | each for line in lines]) == []
    assert faults_of(*[line | {**each, "tax_amount": "0.04", "total": "0.19"} for line in lines]) != []


def test_all_or_nothing_imports_nothing_of_a_file_with_a_fault(engine: Engine) -> None:
    table = rows({"invoice_id": "1"}, {"invoice_id": "2", "total": "1.00"})
    with pytest.raises(ImportRefused) as caught:
        bring(engine, text_of(table), all_or_nothing=True)
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(3, "total")]
    assert count(engine, Invoice) == 0


def test_a_faulty_invoice_keeps_only_itself_out(engine: Engine) -> None:
    report = bring(engine, text_of(rows({"invoice_id": "1"}, {"invoice_id": "2", "total": "1.00"})))
    assert (report.created, report.skipped, len(report.faults)) == (1, 1, 1)
    assert count(engine, Invoice) == 1


def test_a_bad_line_keeps_its_whole_invoice_out(engine: Engine) -> None:
    table = rows({"line": "1"}, {"line": "2", "quantity": "x"})
    assert bring(engine, text_of(table)).created == 0


def test_the_host_may_move_an_invoice_on(engine: Engine) -> None:
    bring(engine, text_of(rows({"status": "draft"})))
    assert bring(engine, text_of(rows({}))).updated == 1
    report = bring(engine, text_of(rows({"payment_status": "paid", "amount_paid": "82.50"})))
    assert report.updated == 1
    with db.reading(engine) as session:
        invoice = session.scalars(select(Invoice)).one()
        assert (invoice.status, invoice.payment_status) == (InvoiceStatus.SENT, PaymentStatus.PAID)
        kinds = [event.kind for event in history(session, invoice_id=7)]
        assert kinds == ["imported", "updated", "updated", "payment_received"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"customer_name": "Other"}, "customer_name"),
        ({"issued_date": "2026-03-02"}, "issued_date"),
        ({"description": "Other"}, "line"),
        ({"status": "draft"}, "status"),
    ],
)
def test_a_known_invoice_is_never_rewritten(engine: Engine, change: Row, column: str) -> None:
    bring(engine, text_of(rows({})))
    report = bring(engine, text_of(rows(change)))
    assert [fault.column for fault in report.faults] == [column]
    assert (report.updated, report.skipped) == (0, 1)


def test_an_invoice_paid_by_the_host_sends_no_queued_email(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    with db.transaction(engine) as session:
        invoice_emails.send_invoice(session, invoice_id=7, actor="t", now=NOW, at=NOW + timedelta(days=1))
    bring(engine, text_of(rows({"payment_status": "paid", "amount_paid": "82.50"})))
    with db.transaction(engine) as session, pytest.raises(invoice_emails.NotSendable):
        invoice_emails.send_invoice(session, invoice_id=7, actor="t", now=NOW, again=True)


@given(st.text(max_size=400))
@hypothesis_settings(max_examples=200)
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    look(text)


@given(st.lists(st.text(max_size=12), min_size=18, max_size=18))
def test_no_row_breaks_the_checks(values: list[str]) -> None:
    look(text_of([dict(zip(COLUMNS, values, strict=True))]))


@given(st.sampled_from(COLUMNS), st.text(max_size=20))
def test_one_wrong_column_never_leads_to_two_invoices(column: str, value: str) -> None:
    assert len(look(text_of(rows({column: value})))[0]) <= 1
