"""Importing a file on the pages: looked at first, confirmed once, sent and taken back from there."""

import csv as csv_files
import io
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from paymail.models import Import, ImportFile, ImportFilePart, ImportFileState, Invoice, Issuer, Message
from paymail.services.imports.files import findings
from tests.factories import NOW
from tests.web.conftest import Biller
from tests.web.staff.given_files import HEAD, confirm, csv, give, read_again, row

STATEMENTS = 7
"""Of the page of a file, whatever is in it."""


@pytest.fixture
def staffed(biller: Biller) -> Biller:
    """With a company, and an invoice that no file names."""
    biller.site.invoice(1)
    return biller


def numbers(biller: Biller) -> set[str]:
    with biller.site.app.reading() as session:
        return {one.number for one in session.query(Invoice)}


def kept(biller: Biller, file_id: int = 1) -> ImportFile:
    with biller.site.app.reading() as session:
        return session.get_one(ImportFile, file_id)


def test_a_file_is_checked_first_and_imported_by_one_press_and_emails_nobody(staffed: Biller) -> None:
    page = give(staffed, csv(row(7), row(8)))
    assert "Read as: UTF-8, separated by commas" in page.text
    assert "Import 2 invoices" in page.text
    assert "$176.00" in page.text
    assert staffed.site.count(Import) == 0
    done = confirm(staffed, page)
    assert done.url.path == "/staff/imports/1"
    assert "2 new, 0 changed, 0 already here" in done.text
    assert numbers(staffed) == {"1", "7", "8"}
    assert (staffed.site.count(Message), staffed.site.count(ImportFilePart)) == (0, 0)
    again = confirm(staffed, page)  # a double click, or the page of before
    assert again.url.path == "/staff/imports/1"
    assert staffed.site.count(Import) == 1
    with staffed.site.app.reading() as session:
        found = session.query(Import).one()
    assert (found.actor, found.source) == ("staff@paymail.example", "march.csv")
    assert "march.csv" in staffed.get("/imports")


def test_what_is_imported_is_emailed_or_taken_back_from_its_page(staffed: Biller) -> None:
    done = confirm(staffed, give(staffed, csv(row(7), row(8))))
    assert 'href="/staff/bulk/new?delivery=not-emailed&amp;payment=owed&amp;batch=1"' in done.text
    assert "Send 2 invoices?" in staffed.get("/bulk/new?batch=1&payment=owed&delivery=not-emailed")
    assert "2 invoices that it created" in staffed.get("/imports/1/take-back")
    taken = staffed.post("/imports/1/take-back")
    assert "took this import back" in taken
    assert numbers(staffed) == {"1"}
    confirm(staffed, give(staffed, csv(row(9))))
    staffed.post("/invoices/9/send", sequence=1)
    staffed.site.sweep()
    assert "cannot be taken back" in staffed.post("/imports/2/take-back", 409)


def test_a_file_whose_difference_is_another_by_now_is_shown_again(staffed: Biller) -> None:
    page = give(staffed, csv(row(7), row(8)))
    confirm(staffed, give(staffed, csv(row(7)), name="by somebody else.csv"))
    shown = confirm(staffed, page)
    assert "Nothing was imported:" in shown.text
    assert numbers(staffed) == {"1", "7"}
    assert "checked again since you looked" in confirm(staffed, page, 409).text
    assert "1 new, 0 changed, 1 already here" in confirm(staffed, shown).text
    nothing = give(staffed, csv(row(7)))
    assert "Nothing to import" in nothing.text
    assert "There was nothing to import" in confirm(staffed, nothing).text


def test_what_changes_is_shown_field_by_field(staffed: Biller) -> None:
    confirm(staffed, give(staffed, csv(row(7))))
    page = give(staffed, csv(row(7, due="2026-04-14")))
    assert "due date</span>" in page.text
    assert "<bdi>31 Mar</bdi>" in page.text
    assert "<bdi>14 Apr</bdi>" in page.text
    assert "Due date" in confirm(staffed, page).text


def test_a_customer_who_is_told_of_a_cancelled_invoice_is_counted_before_and_after(staffed: Biller) -> None:
    page = give(staffed, csv(row(7), row(8), row(9)))
    assert "Nobody is emailed by this." in page.text
    assert "Nobody was emailed by the import." in confirm(staffed, page).text
    void = [row(number).replace("sent,unpaid", "void,unpaid") for number in (7, 8)]
    page = give(staffed, csv(*void))
    assert "Nobody is emailed by this." in page.text
    staffed.post("/invoices/7/send", sequence=1)
    staffed.site.sweep()
    told = "1 customer is told by email that their invoice is cancelled."
    again = confirm(staffed, page)  # nobody confirmed that anybody is emailed
    assert "Nothing was imported:" in again.text
    assert told in again.text
    assert told in confirm(staffed, again).text
    assert [message.kind for message in staffed.messages()] == ["invoice", "void"]
    assert "Nobody was emailed by the import." in staffed.get("/imports/1")


def test_only_a_day_in_a_column_of_dates_is_written_as_one(staffed: Biller) -> None:
    head = f"{HEAD},purchase_order"
    confirm(staffed, give(staffed, csv(f"{row(7)},20250101", head=head)))
    page = give(staffed, csv(f"{row(7, due='2026-04-14')},2026-02-03", head=head))
    for shown in ("20250101", "2026-02-03", "14 Apr"):
        assert f"<bdi>{shown}</bdi>" in page.text


def test_rows_of_no_invoice_are_counted_beside_refused_invoices(staffed: Biller) -> None:
    page = give(staffed, csv(row(7), row(8, total="99.00"), "9", ",,short"))
    assert "Leave out the 3 that need me" in page.text
    text = staffed.site.client.get(f"{page.url.path}/left-out.csv").content.decode("utf-8-sig")
    assert len(text.splitlines()) == 4


def test_more_faults_than_are_listed_are_said_so(staffed: Biller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MOST_LISTED", 2)
    page = give(staffed, csv(*(row(number, total="9") for number in range(7, 12))))
    assert "download the rows of the first 2 faults" in page.text
    assert "the first 2 of 5" in page.text


def test_what_needs_somebody_stays_out_only_by_a_tick_and_can_be_downloaded(staffed: Biller) -> None:
    two = (row("=1+1", total="99.00", name="=HYPERLINK(1)"), row("=1+1", total="99.00", name="=HYPERLINK(1)"))
    page = give(staffed, csv(row(7), row(8, total="99.00"), row(9, due="31/11/2026"), *two))
    assert "off by 11.00" in page.text
    assert "&#39;31/11/2026&#39; is not a date" in page.text
    assert "tick “Leave out”" in confirm(staffed, page, 422).text
    text = staffed.site.client.get(f"{page.url.path}/left-out.csv").content.decode("utf-8-sig")
    lines = list(csv_files.DictReader(io.StringIO(text)))
    assert [line["invoice_id"] for line in lines] == ["8", "9", "'=1+1", "'=1+1"]
    assert {line["customer_name"] for line in lines} == {"Acme", "'=HYPERLINK(1)"}
    assert "off by 11.00" in lines[0]["problem"]
    assert "1 new, 0 changed, 0 already here, 3 left out" in confirm(staffed, page, leave_out="yes").text
    assert numbers(staffed) == {"1", "7"}


def test_thousands_of_rows_make_pages_and_no_more_statements(staffed: Biller) -> None:
    heard: list[str] = []
    event.listen(staffed.site.app.engine, "before_cursor_execute", lambda *given: heard.append(given[2]))

    def count(path: str) -> int:
        heard.clear()
        staffed.get(path)
        return len([one for one in heard if one.lstrip().startswith("SELECT")])

    few = give(staffed, csv(row(7)))
    many = give(
        staffed, csv(*(row(100 + n) for n in range(120)), *(row(500 + n, total="9") for n in range(60)))
    )
    paths = [page.url.path.removeprefix("/staff") for page in (few, many)]
    assert count(paths[0]) == count(paths[1]) <= STATEMENTS + 2
    assert "the first 10 of 120" in many.text
    second = staffed.get(f"{paths[1]}?show=new&page=3")
    assert (">199<" in second, ">200<" in second, ">219<" in second) == (False, True, True)
    assert "Later" not in second
    assert "page 2" in staffed.get(f"{paths[1]}?show=left-out&page=2")


def test_a_run_that_takes_long_shows_how_far_it_is_and_one_that_broke_can_be_begun_again(
    staffed: Biller,
) -> None:
    page = give(staffed, csv(row(7)))
    shown = staffed.hidden(page.text, "shown")
    under_way = {"state": ImportFileState.IMPORTING, "done": 40, "total": 78, "worked_at": staffed.clock}
    with staffed.site.app.transaction() as session:
        session.execute(update(ImportFile).values(**under_way))
    asked: list[str] = []

    def hear(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(staffed.site.app.engine, "before_cursor_execute", hear)
    answer = staffed.site.client.get(page.url.path)
    event.remove(staffed.site.app.engine, "before_cursor_execute", hear)
    assert not [one for one in asked if "import_files.findings" in one]
    assert "40 of 78 invoices" in answer.text
    assert answer.headers["refresh"] == "2"
    assert "is being imported" in staffed.post("/imports/files/1/remove", 409)
    assert "40 of 78 invoices" in staffed.post("/imports/files/1", shown=shown)
    staffed.move(minutes=6)
    stopped = staffed.site.client.get(page.url.path)
    assert "stopped part-way" in stopped.text
    assert "refresh" not in stopped.headers
    assert "Import 1 invoice" in read_again(staffed, page).text


def test_a_file_is_removed_by_staff_or_after_a_week(staffed: Biller) -> None:
    give(staffed, csv(row(7)))
    assert "Not imported yet" not in staffed.post("/imports/files/1/remove")
    give(staffed, csv(row(7)))
    staffed.site.sweep()
    assert staffed.site.count(ImportFile) == 1
    staffed.move(days=7, minutes=6)
    staffed.site.sweep()
    assert (staffed.site.count(ImportFile), staffed.site.count(ImportFilePart)) == (0, 0)
    assert numbers(staffed) == {"1"}


def test_with_several_companies_one_is_chosen(staffed: Biller) -> None:
    with staffed.site.app.transaction() as session:
        session.add(Issuer(name="Other Pty Ltd", email="o@other.example", created_at=NOW - timedelta(days=1)))
    assert "there is more than one" in give(staffed, csv(row(7)), 422).text
    assert "choose the company" in give(staffed, csv(row(7)), 422, issuer="x").text
    page = give(staffed, csv(row(7)), issuer="2")
    assert "Into <bdi>Other Pty Ltd</bdi>" in page.text
    confirm(staffed, page)
    with staffed.site.app.reading() as session:
        assert session.query(Import).one().issuer_id == 2
    assert kept(staffed).findings == ""
