"""The page of a customer: what it owes, what holds, what was said, and what staff change of it."""

import re
from datetime import date, timedelta

import pytest

from paymail.models import Customer, MessageKind, MessageState, PaymentStatus
from paymail.services.core.invoices import load_invoice
from paymail.services.payments import host_payments
from tests.web.conftest import Biller

PAGE = "/customers/1"
UNTIL = {"reminders": "held", "reason": "Promised to pay", "until": "2026-03-20"}


@pytest.fixture
def customer(biller: Biller) -> Biller:
    """Customer 1 with invoice 502, which is overdue."""
    biller.site.invoice(502, due_in=-3)
    return biller


def test_it_shows_what_is_owed_with_its_age(customer: Biller) -> None:
    page = customer.get(PAGE)
    assert "3 days overdue" in page
    assert page.count("$82.50") >= 3
    assert "Customer #1 of <bdi>Southern IT Services Pty Ltd</bdi> since March 2026" in page


def test_a_hold_is_shown_where_it_holds_and_ends_by_a_click(customer: Biller) -> None:
    page = customer.post(f"{PAGE}/reminders", **UNTIL)
    assert "Reminders held" in page
    assert 'name="until" value="2026-03-20"' in page
    assert "Promised to pay" in customer.get("/invoices/502")
    assert "hold of all reminders changed" in page.lower()
    page = customer.post(f"{PAGE}/reminders", reminders="on")
    assert "Reminders held" not in page
    assert "All reminders to this customer are on hold" not in customer.get("/invoices/502")


def test_the_forecast_says_why_it_waits(customer: Biller) -> None:
    customer.site.invoice(503, name="Other", reminders=True, ladder="0:due")
    customer.post("/customers/2/reminders", **UNTIL | {"until": ""})
    customer.site.change(503, due_date=date(2026, 3, 18))
    assert "all reminders to this customer (Promised to pay)" in customer.get("/forecast?days=30")


def test_reminders_are_switched_off_and_on(customer: Biller) -> None:
    assert "Reminders off" in customer.post(f"{PAGE}/reminders", reminders="off")
    customer.post(f"{PAGE}/reminders", reminders="on")
    with customer.site.app.reading() as session:
        assert not session.get_one(Customer, 1).reminders_off


def test_a_hold_without_a_reason_is_refused_and_keeps_what_was_typed(customer: Biller) -> None:
    page = customer.post(f"{PAGE}/reminders", 422, **UNTIL | {"reason": ""})
    assert "enter a reason for the hold" in page
    assert 'name="until" value="2026-03-20"' in page
    assert "is not a date" in customer.post(f"{PAGE}/reminders", 422, **UNTIL | {"until": "soon"})
    assert "on, held or off" in customer.post(f"{PAGE}/reminders", 422, **UNTIL | {"reminders": "x"})


def test_details_are_changed_and_the_history_says_what_was(customer: Biller) -> None:
    asked = {
        "name": "Café",
        "address": "1 Rue\nLyon",
        "country": "fr",
        "tax_id": "FR 1",
        "attention": "Books",
    }
    page = customer.post(f"{PAGE}/details", **asked)
    assert "<h1><bdi>Café</bdi>" in page
    assert "from The Vacuum Shop to Café" in page
    refused = customer.post(f"{PAGE}/details", 422, **asked | {"country": "France"})
    assert "two letters" in refused
    assert 'value="France"' in refused


def test_a_statement_is_confirmed_and_emailed_once(customer: Biller) -> None:
    page = customer.get(f"{PAGE}/statement")
    assert "Email a statement to <bdi>The Vacuum Shop</bdi>?" in page
    assert "c502@customer.example" in page
    form = {name: customer.hidden(page, name) for name in ("request_key", "currency", "since")}
    assert "Scheduled" in customer.post(f"{PAGE}/statement", **form)
    customer.post(f"{PAGE}/statement", **form)
    (message,) = customer.messages()
    assert (message.kind, message.statement_since) == (MessageKind.STATEMENT, date(2025, 12, 17))
    customer.site.sweep()
    (mail,) = customer.site.app.mailbox.glob("*.eml")
    assert b"Statement of account" in mail.read_bytes()
    assert customer.messages()[0].state is MessageState.SENT
    assert re.search(r"Statement</a>.*?Sent", customer.get(PAGE), re.DOTALL)


def test_a_statement_to_a_blocked_address_is_not_offered(customer: Biller) -> None:
    customer.post("/suppressions", address="c502@customer.example", reason="asked")
    page = customer.get(f"{PAGE}/statement")
    assert "This statement cannot be emailed" in page
    assert "Email statement</button>" not in page
    form = {"request_key": "a-key-of-a-page", "currency": "AUD", "since": ""}
    assert "on the block list" in customer.post(f"{PAGE}/statement", 409, **form)
    assert customer.messages() == []


def test_a_statement_of_a_period_is_shown_and_one_that_is_none_refused(customer: Biller) -> None:
    shown = customer.site.client.get(f"/staff{PAGE}/statement.pdf?since=2026-03-01&day=2026-03-15")
    assert shown.headers["content-type"] == "application/pdf"
    assert customer.get(f"{PAGE}/statement.pdf?since=tomorrow", 422)
    assert "is after" in customer.get(f"{PAGE}/statement?since=2027-01-01", 422)


def test_promises_and_words_stand_on_the_page(customer: Biller) -> None:
    customer.post("/invoices/502/hold", reason="promised", until="2026-03-18", note="on the phone")
    assert re.search(r"Promised to pay.*?on the phone.*?Promised</span>", customer.get(PAGE), re.DOTALL)
    customer.move(days=3)
    customer.go(customer.clock)
    assert "Promise broken" in customer.get(PAGE)


def test_erasing_names_what_is_in_the_way_and_wants_a_tick(customer: Biller) -> None:
    assert "Unpaid invoices: 502" in customer.get(f"{PAGE}/erase")
    customer.site.change(502, amount_paid=8250, payment_status=PaymentStatus.PAID)
    assert "This cannot be undone" in customer.get(f"{PAGE}/erase")
    assert "tick the box" in customer.post(f"{PAGE}/erase", 422)
    assert "personal data was erased" in customer.post(f"{PAGE}/erase", sure="yes")
    assert "There is nothing to erase" in customer.get(f"{PAGE}/erase")


def test_an_erased_customer_has_no_forms(customer: Biller) -> None:
    with customer.site.app.transaction() as session:
        session.get_one(Customer, 1).erased_at = customer.clock
    page = customer.get(PAGE)
    assert "personal data was erased" in page
    assert f"/staff{PAGE}/" not in page


def test_what_the_host_knows_of_counts_by_when_it_told_or_the_invoice_was_issued(
    customer: Biller,
) -> None:
    with customer.site.app.transaction() as session:
        invoice = load_invoice(session, invoice_id=502, lock=True)
        now = invoice.created_at
        host_payments.enter(session, invoice=invoice, known_to_host=2000, actor="import", now=now)
    assert "1 payment, before refunds" in customer.get(PAGE)
    customer.site.change(502, issued_date=date(2024, 1, 1))
    assert "1 payment" not in customer.get(PAGE)
    customer.site.change(502, created_at=now - timedelta(days=1))
    assert "1 payment, last 17 Mar, before refunds" in customer.get(PAGE)
