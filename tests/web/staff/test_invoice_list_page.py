"""The list of invoices: what it shows, where its links lead, and how many statements it costs."""

import csv
import io

import pytest
from sqlalchemy import event

from paymail.models import Invoice, InvoiceStatus, SavedView
from paymail.web.staff import invoice_list_view
from tests.web.conftest import Biller

STATEMENTS = 13
"""Of a whole request for the list, whatever is on it, with the session and what is on hold."""


@pytest.fixture
def books(biller: Biller) -> Biller:
    """An overdue invoice, one that is not due, one in yen, one paid, a draft and a void one."""
    biller.site.invoice(501, due_in=-40, name="Ironbark & Sons")
    biller.site.invoice(502)
    biller.site.invoice(503, currency="JPY", name="Sakura")
    biller.site.invoice(504, paid=8250)
    biller.site.invoice(505, status=InvoiceStatus.DRAFT)
    biller.site.invoice(506, status=InvoiceStatus.VOID)
    return biller


def shown(page: str) -> list[int]:
    """Return the invoices of a page, in order."""
    parts = page.split('name="invoice" value="')[1:]
    return [int(part.partition('"')[0]) for part in parts]


def test_a_row_tells_email_and_money_apart(books: Biller) -> None:
    page = books.get("/invoices")
    assert shown(page) == [506, 505, 504, 503, 502, 501]
    for words in ("Not emailed", "40 days overdue", "in 25 days", "Draft", "Void", ">Paid<", "Unpaid"):
        assert words in page
    assert 'class="badge sent"' not in page
    books.post("/invoices/502/send", sequence=1)
    assert '<span class="badge info">Scheduled</span>' in books.get("/invoices")
    books.site.sweep()
    assert '<span class="badge good">Sent</span>' in books.get("/invoices")


def test_the_sums_are_of_the_whole_result_and_by_currency(books: Biller) -> None:
    page = books.get("/invoices?payment=owed")
    assert "All 3 that match" in page
    assert "$165.00" in page
    assert '<span class="cur">JPY</span>\u202f8,250' in page


def test_of_very_many_the_sums_are_made_when_asked_for(
    books: Biller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoice_list_view, "SUMMED", 2)
    page = books.get("/invoices?payment=owed")
    assert "More than 2 match" in page
    assert "$165.00" not in page
    assert 'payment=owed&amp;sums=all">Count and add up all' in page
    whole = books.get("/invoices?payment=owed&sums=all")
    assert "All 3 that match" in whole
    assert "$165.00" in whole


def test_the_number_of_one_invoice_leads_to_it(books: Biller) -> None:
    for typed in ("502", "#502", "INV-502"):
        answer = books.site.client.get("/staff/invoices", params={"q": typed}, follow_redirects=False)
        where = answer.headers.get("location") or shown(answer.text)
        assert where in ("/staff/invoices/502", [502]), typed
    assert shown(books.get("/invoices?q=999")) == []


def test_pages_go_on_by_key_and_back(books: Biller) -> None:
    for number in range(600, 630):
        books.site.invoice(number)
    first = books.get("/invoices?payment=owed&sort=due")
    assert len(shown(first)) == 25
    assert shown(first)[0] == 501
    after = shown(first)[-1]
    assert f"sort=due&amp;after={after}" in first
    second = books.get(f"/invoices?payment=owed&sort=due&after={after}")
    assert len(set(shown(first)) | set(shown(second))) == 33
    assert 'rel="next"' not in second
    back = books.get(f"/invoices?payment=owed&sort=due&before={shown(second)[0]}")
    assert shown(back) == shown(first)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("delivery=lost", "is none of"),
        ("nonsense=1", "is not a filter"),
        ("rows=7", "is none of"),
        ("sort=colour", "is none of"),
        ("due_from=2026-05-01&due_to=2026-04-01", "is after"),
    ],
)
def test_an_address_that_nobody_can_mean_is_refused_with_its_reason(
    books: Biller, query: str, reason: str
) -> None:
    assert reason in books.get(f"/invoices?{query}", 422)


def test_a_view_is_saved_for_the_person_under_its_name_and_removed(books: Biller) -> None:
    page = books.post("/views", name="Late ones", query="overdue=any&sort=due")
    assert 'aria-current="page">Late ones<' in page
    assert shown(page) == [501]
    assert "you have a view" in books.post("/views", 409, name="Late ones", query="payment=paid")
    assert "enter a name" in books.post("/views", 422, name="", query="payment=paid")
    assert "is none of" in books.post("/views", 422, name="Wrong", query="payment=rich")
    with books.site.app.reading() as session:
        assert [view.query for view in session.query(SavedView)] == ["overdue=any&sort=due"]
    books.post("/views/1/remove")
    assert "Late ones" not in books.get("/invoices")
    books.post("/views/1/remove", 404)


def test_the_csv_has_what_the_page_has_and_what_was_picked(books: Biller) -> None:
    def numbers(query: str) -> list[str]:
        return [row["number"] for row in csv.DictReader(io.StringIO(books.get(f"/invoices.csv?{query}")))]

    assert numbers("payment=owed") == ["503", "502", "501"]
    assert numbers("picks=yes&payment=owed&all=yes") == ["503", "502", "501"]
    assert numbers("picks=yes&payment=owed&invoice=501&invoice=502") == ["502", "501"]
    assert "nothing is picked" in books.get("/invoices.csv?picks=yes", 422)


def test_a_problem_says_what_to_do_in_its_row(books: Biller) -> None:
    books.post("/invoices/501/send", sequence=1)
    books.site.doubt(1)
    page = books.get("/invoices?delivery=in-doubt")
    assert shown(page) == [501]
    assert 'href="/staff/messages/1">Decide' in page


def test_a_list_costs_the_same_statements_whatever_is_on_it(books: Biller) -> None:
    books.get("/keys")  # counts what stands beside the sections, for some seconds
    heard: list[str] = []
    event.listen(books.site.app.engine, "before_cursor_execute", lambda *given: heard.append(given[2]))

    def count(path: str) -> int:
        heard.clear()
        books.get(path)
        return len([one for one in heard if one.lstrip().startswith("SELECT")])

    few = count("/invoices")
    for number in range(600, 620):
        books.site.invoice(number)
        books.post(f"/invoices/{number}/send", sequence=1)
    assert count("/invoices") == few <= STATEMENTS
    assert count("/invoices?overdue=any&delivery=not-emailed&sort=due&after=501") <= STATEMENTS + 3


def test_what_waits_is_not_called_scheduled_once_its_invoice_is_void(books: Biller) -> None:
    def row() -> str:
        return books.get("/invoices").split('name="invoice" value="502"')[1].partition("</tr>")[0]

    books.post("/invoices/502/send", sequence=1, when="morning")
    assert '<span class="badge info">Scheduled</span>' in row()
    with books.site.app.transaction() as session:
        session.query(Invoice).filter_by(number="502").one().status = InvoiceStatus.VOID
    assert "Scheduled" not in row()
    assert "Not needed" in row()
