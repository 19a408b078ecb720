"""The list of customers: found, sorted, paged and exported, with what each owes in each currency."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from paymail.models import Customer, Invoice, Message, MessageState
from paymail.services.reminders import customer_holds
from paymail.services.sending.invoice_emails import send_invoice
from tests.factories import NOW
from tests.web.conftest import Biller, Site

__all__ = ["Biller", "Site"]


def names(page: str) -> list[str]:
    """Return the customers of a page in their order."""
    return re.findall(r'<th scope="row" role="rowheader"><a href="/staff/customers/\d+"><bdi>([^<]+)', page)


@pytest.fixture
def three(biller: Biller) -> Biller:
    """Anna owes 82.50 overdue and 8250 yen, bert owes 165.00, Carl has paid."""
    biller.site.invoice(502, name="Anna", due_in=-3)
    biller.site.invoice(503, name="Anna 2", currency="JPY")
    biller.site.invoice(504, name="bert", subtotal=15000, tax=1500)
    biller.site.invoice(505, name="Carl", paid=8250)
    with biller.site.app.transaction() as session:
        anna = session.get_one(Invoice, 502).customer_id
        gone = session.get_one(Invoice, 503)
        session.get_one(Customer, gone.customer_id).merged_into = anna
        gone.customer_id = anna
        found = session.get_one(Customer, anna)
        found.tax_id, found.external_ref = "51 824 753 556", "C-0008"
        found.address = "=HYPERLINK(1)"
    return biller


def test_it_is_by_name_and_each_currency_stands_by_itself(three: Biller) -> None:
    page = three.get("/customers")
    assert names(page) == ["Anna", "bert", "Carl"]
    row = page.partition("<bdi>Anna</bdi>")[2].partition("</tr>")[0]
    assert "$82.50" in row
    assert "8,250" in row
    assert row.count("t-warn") == 1
    assert names(three.get("/customers?sort=-name")) == ["Carl", "bert", "Anna"]


def test_by_balance_it_is_in_one_currency_and_who_owes_nothing_comes_last(three: Biller) -> None:
    page = three.get("/customers?sort=-balance")
    assert names(page) == ["bert", "Anna", "Carl"]
    assert "Balance in AUD" in page
    assert names(three.get("/customers?owes=yes")) == ["Anna", "bert"]


@pytest.mark.parametrize("q", ["anna", "c502@cust", "C-0008", "51824753556", "51 824", "hyperlink", "C00001"])
def test_a_customer_is_found_by_what_people_have_of_it(three: Biller, q: str) -> None:
    assert names(three.get(f"/customers?q={q}")) == ["Anna"]


def test_what_is_no_filter_is_refused(three: Biller) -> None:
    for wrong in ("q=" + "x" * 201, "sort=phone", "rows=7", "after=x", "shape=round", "company=-1"):
        assert "There is a problem" in three.get(f"/customers?{wrong}", 422), wrong
    assert "No customer matches “%”" in three.get("/customers?q=%25")


@pytest.mark.parametrize("sort", ["", "-balance"])
def test_pages_neither_skip_nor_repeat_anybody(biller: Biller, sort: str) -> None:
    for number in range(30):
        biller.site.invoice(600 + number, name=f"N{number:02d}", subtotal=1000 + number % 3, tax=0)
    first = biller.get(f"/customers?sort={sort}")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = biller.get(following[1].removeprefix("/staff").replace("&amp;", "&"))
    assert len(names(first)) == 25
    assert sorted(names(first) + names(second)) == [f"N{number:02d}" for number in range(30)]
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back
    assert names(biller.get(back[1].removeprefix("/staff").replace("&amp;", "&"))) == names(first)


def test_a_row_says_what_is_held_blocked_and_came_back(three: Biller) -> None:
    with three.site.app.transaction() as session:
        until = NOW + timedelta(days=2)
        customer_holds.hold(session, customer_id=1, reason="r", actor="ann", now=NOW, until=until)
        message = send_invoice(session, invoice_id=504, actor="ann", now=NOW).message_id
        session.get_one(Message, message).state = MessageState.BOUNCED
    three.post("/suppressions", address="c505@customer.example", reason="asked")
    page = three.get("/customers")
    anna, bert, carl = (page.partition(f"<bdi>{name}</bdi>")[2].partition("</tr>")[0] for name in names(page))
    assert "Held" in anna
    assert "Thu 19 Mar" in anna
    assert f"/staff/messages/{message}" in bert
    assert "Bounced" in bert
    assert "Blocked" in carl


def test_the_csv_has_a_line_per_currency_and_no_formula(three: Biller) -> None:
    rows = list(csv.DictReader(io.StringIO(three.get("/customers.csv?q=anna"))))
    found = [(row["currency"], row["open_invoices"], row["balance"], row["overdue"]) for row in rows]
    assert found == [("AUD", "1", "82.50", "82.50"), ("JPY", "1", "8250", "0")]
    assert {row["address"] for row in rows} == {"'=HYPERLINK(1)"}
    nothing = next(csv.DictReader(io.StringIO(three.get("/customers.csv?q=carl"))))
    assert (nothing["open_invoices"], nothing["balance"]) == ("0", "")


def statements(biller: Biller, path: str) -> int:
    """Count what a page asks the database, beside the counts of the sections, which are kept for a while."""
    biller.get(path)
    heard: list[str] = []

    def hear(*given: object) -> None:
        heard.append(str(given[2]))

    event.listen(biller.site.app.engine, "before_cursor_execute", hear)
    biller.get(path)
    event.remove(biller.site.app.engine, "before_cursor_execute", hear)
    return len([one for one in heard if one.lstrip().startswith(("SELECT", "WITH"))])


@pytest.mark.parametrize("path", ["/customers", "/customers/1"])
def test_the_number_of_statements_does_not_grow_with_rows(three: Biller, path: str) -> None:
    before = statements(three, path)
    with three.site.app.transaction() as session:
        own = session.get_one(Invoice, 502).customer_id
    for number in range(700, 705):
        three.site.invoice(number, name=f"More {number}")
    for number in range(720, 723):
        three.site.invoice(number, name=f"Further {number}")
        three.site.change(number, customer_id=own)
        three.post(f"/invoices/{number}/send", sequence=1)
        three.post(f"/invoices/{number}/hold", reason="promised", until="2026-03-20", note="")
    assert statements(three, path) == before
