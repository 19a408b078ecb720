"""`paymail invoices list`: filters, CSV for spreadsheets, proper values for programs."""

import csv
import io
import json
from datetime import date, timedelta

import pytest

from paymail.models import Invoice, InvoiceStatus
from paymail.wiring import App
from tests.cli.running import run
from tests.factories import make_invoice


@pytest.fixture
def books(commands: App) -> App:
    """An invoice that is not due, one that is overdue, a paid one of long ago, and a draft of yen."""
    with commands.transaction() as session:
        make_invoice(session, invoice_id=1, due_in=400)
        make_invoice(session, invoice_id=2, due_in=-20, name="=HYPERLINK(1)", email="kestrel@cycles.example")
        make_invoice(session, invoice_id=3, due_in=-60, paid=8250)
        make_invoice(session, invoice_id=4, due_in=400, currency="JPY", status=InvoiceStatus.DRAFT)
        session.get_one(Invoice, 3).issued_date = date(2026, 1, 2)
        for number in (1, 4):
            session.get_one(Invoice, number).due_date = commands.now().date() + timedelta(days=400)
    return commands


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], [4, 3, 2, 1]),
        (["--status", "draft"], [4]),
        (["--payment-status", "paid"], [3]),
        (["--customer", "kestrel@"], [2]),
        (["--issuer", "Southern IT Services Pty Ltd", "--status", "sent"], [3, 2, 1]),
        (["--due-before", "2026-02-25"], [3]),
        (["--due-after", "2026-02-24", "--due-before", "2026-03-01"], [2]),
        (["--issued-after", "2026-01-02"], [4, 2, 1]),
        (["--issued-before", "2026-03-12"], [3]),
        (["--overdue"], [2]),
        (["--find", "draft"], [4]),
        (["--page", "2"], []),
        (["--filter", "overdue=any&payment=unpaid"], [2]),
        (["--filter", "delivery=not-emailed", "--customer", "kestrel@"], [2]),
    ],
)
def test_each_filter_leaves_what_it_names(books: App, options: list[str], expected: list[int]) -> None:
    found = json.loads(run("invoices", "list", "--json", *options).stdout)
    assert [one["invoice_id"] for one in found] == expected


def test_json_has_dates_and_numbers_as_the_api_has_them(books: App) -> None:
    (one,) = json.loads(run("invoices", "list", "--json", "--overdue").stdout)
    assert (one["due_date"], one["issued_date"]) == ("2026-02-25", "2026-03-12")
    assert (one["total"], one["balance"], one["currency"]) == (82.5, 82.5, "AUD")


def test_csv_has_every_row_with_exact_amounts_and_no_formula(
    books: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paymail.services.lists.cursor.AT_ONCE", 1)
    rows = list(csv.DictReader(io.StringIO(run("invoices", "list", "--csv").stdout)))
    assert [row["invoice_id"] for row in rows] == ["4", "3", "2", "1"]
    assert [row["total"] for row in rows] == ["8250", "82.50", "82.50", "82.50"]
    assert [row["balance"] for row in rows] == ["8250", "0.00", "82.50", "82.50"]
    assert (rows[2]["customer_name"], rows[2]["due_date"]) == ("'=HYPERLINK(1)", "2026-02-25")
    run("invoices", "list", "--csv", "--json", expect=2)


def test_an_unknown_status_date_or_issuer_is_refused(books: App) -> None:
    run("invoices", "list", "--status", "lost", expect=2)
    run("invoices", "list", "--filter", "delivery=lost", expect=1)
    run("invoices", "list", "--due-before", "soon", expect=2)
    run("invoices", "list", "--issuer", "Nobody", expect=1)


def test_the_columns_that_are_asked_for_are_shown_in_their_order(books: App) -> None:
    head, *rows = run("invoices", "list", "--columns", "number,balance,due_date").stdout.splitlines()
    assert head.split() == ["number", "balance", "due_date"]
    assert rows[1].split() == ["3", "0.00", "2026-01-16"]
    (one,) = json.loads(run("invoices", "list", "--overdue", "--json", "--columns", "number,balance").stdout)
    assert one == {"number": "2", "balance": 82.5}
    lines = run("invoices", "list", "--overdue", "--csv", "--columns", "balance,customer_name").stdout
    assert list(csv.reader(io.StringIO(lines))) == [["balance", "customer_name"], ["82.50", "'=HYPERLINK(1)"]]
    assert "is none of" in run("invoices", "list", "--columns", "token", expect=2).output


def test_its_names_are_those_that_scripts_rely_on(books: App) -> None:
    names = (
        "invoice_id number issuer_name customer_name customer_email currency total balance"
        " issued_date due_date status payment_status"
    ).split()
    assert list(json.loads(run("invoices", "list", "--json").stdout)[0]) == names
    assert run("invoices", "list", "--csv").stdout.splitlines()[0].split(",") == names


@pytest.mark.parametrize("given", ["2", "#2"])
def test_open_tells_where_an_invoice_is(books: App, given: str) -> None:
    assert run("open", given).stdout.strip().endswith("/staff/invoices/2")


def test_open_refuses_what_is_not_one_invoice(books: App) -> None:
    assert "has the number '77'" in run("open", "77", expect=1).stderr
