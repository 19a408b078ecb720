"""`paymail export`: what the page of exports has, for scripts."""

import csv
import io
import json

import pytest

from paymail.wiring import App
from tests.cli.running import run
from tests.factories import make_invoice

MARCH = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture
def books(commands: App) -> App:
    with commands.transaction() as session:
        make_invoice(session, name="=evil()")
        make_invoice(session, invoice_id=503, currency="USD")
    return commands


def test_the_gst_report_has_stable_names_and_exact_amounts(books: App) -> None:
    found = json.loads(run("export", "gst", *MARCH, "--json").stdout)
    assert found == {
        "issuer": "Southern IT Services Pty Ltd", "from": "2026-03-01", "to": "2026-03-31",
        "basis": "accrual", "currency": "AUD", "g1": "82.50", "1a": "7.50", "g1_adjustments": "0.00",
        "1a_adjustments": "0.00", "lines": 2, "not_included": [{"currency": "USD", "amount": "82.50"}],
    }  # fmt: skip
    words = run("export", "gst", *MARCH)
    assert "1A GST on sales" in words.stdout
    assert "not included: USD 82.50" in words.stderr


def test_its_lines_files_and_lists_are_csv(books: App) -> None:
    lines = list(csv.DictReader(io.StringIO(run("export", "gst", *MARCH, "--lines").stdout)))
    assert [(one["invoice"], one["customer"][:2], one["gst_AUD"]) for one in lines] == [
        ("502", "'=", "7.50"), ("503", "Th", ""),
    ]  # fmt: skip
    xero = run("export", "accounting", "xero-invoices", *MARCH, "--account", "4100").stdout
    assert [one["AccountCode"] for one in csv.DictReader(io.StringIO(xero))] == ["4100", "4100"]
    assert run("export", "list", "customers").stdout.count("\n") == 3


def test_what_cannot_be_is_refused_in_one_line(books: App) -> None:
    assert "known are customers" in run("export", "list", "x", expect=1).stderr
    assert (
        "before it begins"
        in run("export", "gst", "--from", "2026-03-02", "--to", "2026-03-01", expect=1).stderr
    )
    run("export", "gst", "--lines", "--json", expect=2)
