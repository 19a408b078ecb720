"""The forecast page: by local day, with totals, and what is held back and why."""

import re
from dataclasses import replace

import pytest

from paymail.models import Invoice, MessageKind
from paymail.money import Money
from paymail.services.forecast.forecast import forecast
from paymail.web.staff import forecast as forecast_page
from paymail.web.staff.forecast import by_day, sums
from tests.web.conftest import Biller


def test_it_is_grouped_by_local_day_with_totals(biller: Biller) -> None:
    biller.site.invoice(501, due_in=1)
    biller.site.invoice(502, due_in=3)
    biller.site.invoice(503, due_in=60)
    page = biller.get("/forecast?days=7")
    assert "<strong>" not in page.partition("<main")[2]
    days = re.findall(r'<h2 id="day-\d+">(.+?) <span', page)
    assert days == ["Wednesday 18 March 2026", "Friday 20 March 2026"]
    assert "1 email, AUD $82.50 owed" in page
    assert '<span class="lab">Will go out</span><b>2</b>' in page
    assert "AUD $165.00 owed" in page
    assert "Times are in Australia/Sydney" in page
    assert ">09:00<" in page
    assert 'href="/staff/invoices/501"' in page
    assert "503" not in page.partition("<main")[2]


def test_what_is_held_back_says_why(biller: Biller) -> None:
    biller.site.invoice(502, due_in=3)
    biller.post("/invoices/502/hold", reason="disputed")
    page = biller.get("/forecast")
    assert "1 \u00d7 held: disputed" in page
    assert "Nothing goes out" in page


def test_a_scheduled_email_is_foretold(biller: Biller) -> None:
    biller.site.invoice(502, due_in=60)
    biller.post("/invoices/502/send", sequence=1, when="morning")
    assert "Wednesday 18 March 2026" in biller.get("/forecast?days=1")


def test_a_long_list_is_cut_short_but_counted_whole(biller: Biller) -> None:
    biller.site.invoice(501, due_in=1)
    biller.site.invoice(502, due_in=3)
    with biller.site.app.reading() as session:
        coming = forecast(session, now=biller.clock)
    days = by_day(coming, most=1)
    assert [(day.name, day.count, len(day.rows)) for day in days] == [
        ("Wednesday 18 March 2026", 1, 1),
        ("Friday 20 March 2026", 1, 0),
    ]


def test_what_a_statement_says_is_not_added_to_what_its_invoices_owe(biller: Biller) -> None:
    biller.site.invoice(501, due_in=1)
    with biller.site.app.reading() as session:
        (reminder,) = forecast(session, now=biller.clock)
    statement = replace(reminder, kind=MessageKind.STATEMENT, balance=Money(99_999, "AUD"))
    assert sums([reminder, statement]) == sums([statement, reminder]) == (Money(8250, "AUD"),)


def test_of_very_many_only_what_comes_first_is_decided_on(
    biller: Biller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast_page, "MOST_WHOLE", 1)
    monkeypatch.setattr(forecast_page, "FIRST", 1)
    for number in (501, 502):
        biller.site.invoice(number, due_in=60)
        biller.post(f"/invoices/{number}/send", sequence=1, when="morning")
    page = biller.get("/forecast?days=7")
    assert '<span class="lab">Written, waiting</span><b>2</b>' in page
    assert "Too many to list them all" in page
    assert page.count('rowheader"><a href="/staff/invoices/') == 1


def test_a_quiet_day_of_a_large_book_has_all_that_goes_out_without_going_through_the_book(
    biller: Biller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast_page, "MOST_STEPS", 1)
    biller.site.invoice(501, due_in=1)
    biller.site.invoice(502, due_in=3)
    with biller.site.app.transaction() as session:
        session.get_one(Invoice, 501).next_reminder_at = biller.clock
    page = biller.get("/forecast?days=7")
    assert '<span class="lab">Will go out</span><b>1</b>' in page  # nothing looks at the other
    assert "Only what is checked for a reminder in these days" in page


@pytest.mark.parametrize("days", ["0", "91", "x"])
def test_a_span_that_is_not_offered_is_refused(biller: Biller, days: str) -> None:
    biller.get(f"/forecast?days={days}", 422)
