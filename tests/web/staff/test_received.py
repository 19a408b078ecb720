"""Money: what needs a person first, and the payments that arrived."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from paymail.models import Channel, Invoice, Issuer, Payment, PaymentStatus
from paymail.services.core.issuers import create_issuer
from paymail.services.lists import payment_pages
from tests.factories import NOW
from tests.web.conftest import Biller


def pay(biller: Biller, invoice_id: int, **more: object) -> None:
    with biller.site.app.transaction() as session:
        invoice = session.get_one(Invoice, invoice_id)
        values: dict[str, object] = {
            "amount": invoice.total, "channel": Channel.BANK_TRANSFER, "reference": f"INV {invoice_id}",
            "received_at": NOW, "receipt_number": invoice_id,
        } | more  # fmt: skip
        invoice.payment_status, invoice.amount_paid = PaymentStatus.PAID, invoice.total
        paid = Payment(
            invoice_id=invoice_id, issuer_id=invoice.issuer_id, currency=invoice.currency, source="staff",
            balance_after=0, **values,
        )  # fmt: skip
        session.add(paid)


def test_money_opens_on_what_arrived_newest_first(biller: Biller) -> None:
    for number in (502, 503):
        biller.site.invoice(number)
        pay(biller, number)
    assert 'href="/staff/received"' in biller.get("/")
    page = biller.get("/received")
    assert page.index("#503") < page.index("#502")
    assert "INV 502" in page
    assert "Times are in Australia/Sydney" in page
    assert "today, 12:00 pm" in page
    assert '<h2 id="needs">' not in page


def test_what_needs_a_person_comes_first(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/hold", reason="claimed", until="", note="")
    page = biller.get("/received")
    assert page.index("Customer says it is paid") < page.index("No payments yet")


def test_a_page_is_followed_by_the_older_ones_and_costs_the_same(
    biller: Biller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_pages, "PAGE", 2)
    biller.get("/received")  # counts what stands beside the sections, for some seconds
    asked: list[str] = []
    event.listen(biller.site.app.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    biller.get("/received")
    empty = len(asked)
    for number in range(600, 605):
        biller.site.invoice(number)
        pay(biller, number)
    asked.clear()
    page = biller.get("/received")
    assert len(asked) == empty
    found = []
    while more := re.search(r'rel="next" href="\?(after=\d+)"', page):
        found += re.findall(r"#(6\d\d)<", page)
        page = biller.get(f"/received?{more[1]}")
    assert [*found, *re.findall(r"#(6\d\d)<", page)] == ["604", "603", "602", "601", "600"]


def test_it_is_of_the_chosen_company(biller: Biller) -> None:
    biller.site.invoice()
    pay(biller, 502)
    with biller.site.app.transaction() as session:
        other = create_issuer(session, name="Northern", email="n@northern.example", now=NOW).issuer_id
    biller.choose(other)
    assert "No payments yet" in biller.get("/received")


def test_how_late_a_customer_pays_is_told_on_its_page_and_in_the_list(biller: Biller) -> None:
    biller.site.invoice(502, due_in=-10)
    customer = "/customers/1"
    assert "no invoice was paid on a known day in 12 months" in biller.get(customer)
    pay(biller, 502)  # on 17 March, ten days after the due day
    with biller.site.app.transaction() as session:
        own = session.get_one(Invoice, 502).customer_id
        session.query(Issuer).one().timezone = "Australia/Sydney"
    biller.site.invoice(503, due_in=4)
    biller.site.change(503, customer_id=own)
    pay(biller, 503, paid_on=(NOW - timedelta(days=2)).date())  # six days before it
    biller.site.invoice(504, due_in=-100)
    biller.site.change(504, customer_id=own)
    pay(biller, 504, channel=Channel.HOST)
    biller.site.invoice(505, due_in=-500)
    biller.site.change(505, customer_id=own)
    pay(biller, 505, received_at=NOW - timedelta(days=400))
    assert "2 days late" in biller.get(customer)
    assert "2 days late" in biller.get("/customers")


def test_the_last_payment_of_a_customer_is_of_the_day_that_staff_wrote_or_of_its_companys_calendar(
    biller: Biller,
) -> None:
    biller.site.invoice()
    with biller.site.app.transaction() as session:
        session.query(Issuer).one().timezone = "Australia/Sydney"
    pay(biller, 502, paid_on=(NOW - timedelta(days=2)).date())
    assert "1 payment, last 15 Mar, before refunds" in biller.get("/customers/1")
    pay(biller, 502, amount=1, receipt_number=503, received_at=datetime(2026, 3, 16, 20, tzinfo=UTC))
    assert "2 payments, last 17 Mar, before refunds" in biller.get("/customers/1")


def test_no_day_is_claimed_for_what_only_the_host_told(biller: Biller) -> None:
    biller.site.invoice()
    pay(biller, 502, channel=Channel.HOST)
    assert "when it arrived is not known" in biller.get("/invoices/502")
