"""The page of exports: figures with the lines that explain them, files that hold all of them."""

import asyncio
import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.services.exports.lists import LISTS
from paymail.web.staff import exports, exports_view
from tests.web.conftest import Biller

MARCH = "company=1&first=2026-03-01&last=2026-03-31"


@pytest.fixture
def paid(biller: Biller) -> Biller:
    """Two invoices, one half paid, one in dollars whose GST in Australian ones is not known."""
    biller.site.invoice(502)
    biller.site.invoice(503, currency="USD", name="=evil()")
    biller.post("/invoices/502/payments", amount="41.25", channel="cash", request_key="half-of-it")
    return biller


def table(biller: Biller, path: str) -> list[dict[str, str]]:
    answer = biller.site.client.get(f"/staff{path}")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text)))


def figures(page: str) -> list[str]:
    return re.findall(r'<div class="fig"><span class="lab">[^<]*</span><b>(?:<[^>]*>)*([^<]*)', page)


@pytest.mark.parametrize(
    ("basis", "shown"), [("accrual", ["$82.50", "$7.50"]), ("cash", ["$41.25", "$3.75"])]
)
def test_the_report_says_what_it_is_made_of(paid: Biller, basis: str, shown: list[str]) -> None:
    page = paid.get(f"/exports?{MARCH}&basis={basis}")
    assert figures(page) == shown
    assert ("In no figure above" in page) == (basis == "accrual")
    rows = table(paid, f"/exports/gst.csv?{MARCH}&basis={basis}")
    assert [row["gst_AUD"] for row in rows if row["invoice"] == "502"] == [shown[1].strip("$")]
    assert all(not row["customer"].startswith("=") for row in rows)


@pytest.mark.parametrize(("basis", "documents"), [("accrual", "1 invoices"), ("cash", "0 payments")])
def test_of_very_many_documents_the_figures_are_worked_out_when_asked_for(
    paid: Biller, monkeypatch: pytest.MonkeyPatch, basis: str, documents: str
) -> None:
    monkeypatch.setattr(exports_view, "MOST_AT_ONCE", int(documents[0]))
    period = f"{MARCH}&basis={basis}"
    page = paid.get(f"/exports?{period}")
    assert figures(page) == []
    assert f"More than {documents} are in this period" in page
    assert "Calculate figures" in page
    assert len(table(paid, f"/exports/gst.csv?{period}")) > 0
    assert len(figures(paid.get(f"/exports?{period}&figures=yes"))) == 2
    monkeypatch.setattr(exports_view, "MOST_AT_ONCE", int(documents[0]) + 1)
    assert len(figures(paid.get(f"/exports?{period}"))) == 2


def test_the_present_quarter_is_shown_and_a_bad_period_is_refused_with_its_reason(paid: Biller) -> None:
    assert 'value="2026-01-01"' in paid.get("/exports")
    assert "ends before it begins" in paid.get("/exports?first=2026-03-02&last=2026-03-01", status=422)
    assert "is not a date" in paid.get("/exports?first=x", status=422)
    paid.get("/exports?company=77", status=404)
    paid.get("/exports/gst.csv?company=77", status=404)
    paid.get("/exports/gst.csv?first=2026-03-02&last=2026-03-01", status=422)


def test_a_file_without_days_is_of_the_quarter_that_it_is_at_the_company(paid: Biller) -> None:
    paid.go(datetime(2026, 6, 30, 20, tzinfo=UTC))  # 1 July in Sydney
    assert 'value="2026-07-01"' in paid.get("/exports")
    named = paid.site.client.get("/staff/exports/gst.csv?company=1").headers["content-disposition"]
    assert "gst-accrual-2026-07-01-2026-09-30.csv" in named


def test_who_loads_a_file_slowly_holds_no_connection(paid: Biller) -> None:
    app, held = paid.site.app, [0]

    def hold(by: int) -> Callable[..., None]:
        return lambda *_given: held.__setitem__(0, held[0] + by)

    event.listen(app.engine, "checkout", hold(1))
    event.listen(app.engine, "checkin", hold(-1))

    def lines(session: Session) -> Iterator[str]:
        yield str(session.scalar(select(1)))
        yield "2"

    answer = exports._file(app, "x.csv", lines)

    async def begun() -> object:
        return await anext(aiter(answer.body_iterator))

    assert (asyncio.run(begun()), held) == (b"12", [0])


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_had_as_csv(paid: Biller, name: str) -> None:
    paid.post("/invoices/502/send", sequence=1)
    rows = table(paid, f"/exports/lists?name={name}")
    if name in ("customers", "emails", "payments"):
        assert rows
    assert "token" not in "".join(rows[0] if rows else [])


def test_a_list_or_account_that_is_none_is_refused(paid: Biller) -> None:
    paid.get("/exports/lists?name=passwords", status=404)
    paid.get(f"/exports/accounting?{MARCH}&account={'x' * 21}", status=422)


def test_the_files_of_accounting_systems_are_of_the_period_and_account(paid: Biller) -> None:
    rows = table(paid, f"/exports/accounting?{MARCH}&layout=xero-invoices&account=4100")
    assert [(row["InvoiceNumber"], row["AccountCode"], row["TaxAmount"]) for row in rows] == [
        ("502", "4100", "7.50"), ("503", "4100", "7.50"),
    ]  # fmt: skip
    april = "company=1&first=2026-04-01&last=2026-04-30"
    assert table(paid, f"/exports/accounting?{april}&layout=xero-payments") == []


def test_the_page_costs_the_same_statements_whatever_is_in_the_period(paid: Biller) -> None:
    def asked() -> int:
        heard: list[str] = []
        engine = paid.site.app.engine

        def hear(*given: object) -> None:
            heard.append(str(given[2]))

        event.listen(engine, "before_cursor_execute", hear)
        paid.get(f"/exports?{MARCH}&basis=cash")
        event.remove(engine, "before_cursor_execute", hear)
        return len([one for one in heard if "SELECT" in one])

    asked()  # counts what stands beside the sections of this company, once
    before = asked()
    for number in range(510, 520):
        paid.site.invoice(number)
        paid.post(
            f"/invoices/{number}/payments", amount="82.50", channel="cash", request_key=f"all-of-{number}"
        )
    assert asked() == before


def test_without_a_company_the_page_says_so(biller: Biller) -> None:
    with biller.site.app.reading() as session:
        assert session.query(Issuer).count() == 0
    assert "No company yet" in biller.get("/exports")
