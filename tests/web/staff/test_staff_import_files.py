"""Files as hosts and enemies write them: read as staff say, or refused with what to do; nothing is logged."""

import html
import json
import re
import threading

import pytest
from httpx2 import Response
from sqlalchemy import select
from structlog.testing import capture_logs

from paymail.models import ImportFile, ImportProfile, Invoice
from paymail.services.imports.files import work
from paymail.web.staff import import_jobs
from tests.web.conftest import STAFF, Biller
from tests.web.staff.given_files import HEAD, confirm, csv, give, read_again, row

THEIRS = (
    "Rechnung;Kunde;Mail;Datum;Frist;Währung;Text;Betrag;Satz\n"
    "7;Bäcker;a@b.example;1.3.2026;31.3.2026;EUR;Rat;10,00;10\n"
)
MEANINGS = [
    "invoice_id",
    "customer_name",
    "customer_email",
    "issued_date",
    "due_date",
    "currency",
    "description",
    "line_amount",
    "line_tax_rate",
]


@pytest.fixture
def staffed(biller: Biller) -> Biller:
    """With a company, and an invoice that no file names."""
    biller.site.invoice(1)
    return biller


def test_columns_that_nobody_knows_are_mapped_once_and_remembered(staffed: Biller) -> None:
    page = give(staffed, THEIRS.encode("cp1252"))
    assert "This file cannot be read yet" in page.text
    assert "no column" in page.text.lower()
    assert "Bäcker" in page.text
    half = read_again(staffed, page, means=MEANINGS)
    assert "This file cannot be read yet" in half.text
    chosen = {"profile": "this-file", "means": MEANINGS, "owed": "yes"}
    assert "cannot be a name" in read_again(staffed, page, 422, **chosen, save_as="Ä").text
    read = read_again(staffed, page, **chosen, save_as="unsere")
    assert "Import 1 invoice" in read.text
    assert "Windows-1252 (Excel), separated by semicolons" in read.text
    confirm(staffed, read)
    with staffed.site.app.reading() as session:
        assert session.query(ImportProfile).one().name == "unsere"
        found = session.query(Invoice).filter_by(number="7").one()
        assert (found.total, found.currency, found.status.value) == (1100, "EUR", "sent")
    later = give(staffed, THEIRS.replace("\n7;", "\n8;").encode("cp1252"))
    assert "by the profile unsere" in later.text


def test_how_a_file_is_read_can_be_changed(staffed: Biller) -> None:
    page = give(staffed, csv(row(7, due="12/04/2026").replace("2026-03-01", "01/03/2026")))
    assert "is not a date" in page.text
    read = read_again(staffed, page, dates="DD/MM/YYYY")
    assert "Import 1 invoice" in read.text
    assert "12 Apr" in read.text
    assert (
        "not in the encoding"
        in read_again(staffed, give(staffed, csv(row(8, name="Ä"))), encoding="utf-16").text
    )
    split = read_again(staffed, page, separator="semicolon")
    assert "This file cannot be read yet" in split.text
    assert "not one of the choices" in read_again(staffed, page, 422, separator="x").text
    assert "there is no profile" in read_again(staffed, page, profile="nonsense").text
    assert "&#39;ABC&#39; is not a supported" in read_again(staffed, page, 422, currency="abc").text
    assert "Import 1 invoice" in read_again(staffed, page, dates="DD/MM/YYYY").text


def test_a_mapping_of_the_same_name_is_replaced_only_by_a_tick(staffed: Biller) -> None:
    page = give(staffed, THEIRS.encode("cp1252"))
    chosen = {"means": MEANINGS, "owed": "yes", "save_as": "unsere"}
    read_again(staffed, page, **chosen)
    other = give(staffed, THEIRS.replace("Text", "Was").encode("cp1252"))
    assert "there is a mapping &#39;unsere&#39; already" in read_again(staffed, other, 422, **chosen).text
    with staffed.site.app.reading() as session:
        assert "Was" not in session.query(ImportProfile).one().definition
    read_again(staffed, other, **chosen, replace="yes")
    with staffed.site.app.reading() as session:
        assert "Was" in session.query(ImportProfile).one().definition


def test_of_a_file_with_too_many_columns_none_can_be_given_a_meaning(staffed: Biller) -> None:
    head, cells, _end = THEIRS.split("\n")
    more = "".join(f";More {number}" for number in range(200))
    page = give(staffed, f"{head}{more}\n{cells}{';' * 200}\n".encode("cp1252"))
    assert "The first 200 of 209 columns." in page.text
    assert "the file has 209 columns" in read_again(staffed, page, 422, means=MEANINGS, owed="yes").text


def test_another_companys_mapping_is_not_written_over(staffed: Biller) -> None:
    with staffed.site.app.transaction() as session:
        definition = '{"columns": {"invoice_id": "Nummer"}}'
        session.add(ImportProfile(name="ours", issuer_id=None, definition=definition, saved_at=staffed.clock))
    page = give(staffed, THEIRS.encode("cp1252"))
    assert "is taken" in read_again(staffed, page, 422, means=MEANINGS, owed="yes", save_as="ours").text


SECRET = "s3cret-of-the-file"
HOSTILE = {
    "empty": (b"", 422, "the file is empty"),
    "workbook": (b"PK\x03\x04" + b"\x00" * 2000, 422, "Excel workbook"),
    "nul": (csv(row(7).replace("Acme", f"{SECRET}\x00")), 200, "control character"),
    "binary": (bytes(range(256)) * 50, 200, "cannot be read yet"),
    "one line": (HEAD.encode() + b"x" * 2_000_000, 200, "is longer than 1,000,000 characters"),
    "quote": (csv(f'7,"{SECRET}' + "\n" * 5000), 200, "cannot be read"),
    "script": (csv(row("<script>alert(1)</script>", name="=cmd|'/c calc'!A1")), 200, "&lt;script&gt;"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_told_what_is_wrong_with_it(staffed: Biller, name: str) -> None:
    content, status, says = HOSTILE[name]
    with capture_logs() as lines:
        page = give(staffed, content, status, name=f"{SECRET}.csv")
    assert says in page.text
    assert "<script>alert" not in page.text
    assert SECRET not in str(lines)


def test_what_is_too_large_or_no_file_is_refused_before_it_is_read(staffed: Biller) -> None:
    limit = staffed.site.app.settings.import_megabytes << 20
    headers = {"Content-Length": str(limit + (1 << 20)), "Content-Type": "multipart/form-data; boundary=x"}
    answer = staffed.site.client.post("/staff/imports", content=b"x", headers=headers)
    assert (answer.status_code, "too large: more than 64 MB" in answer.text) == (413, True)
    assert "choose a file first" in staffed.post("/imports", 422)
    wrong = {"csrf": "wrong"}
    files = {"file": ("a.csv", csv(row(7)), "text/csv")}
    assert staffed.site.client.post("/staff/imports", data=wrong, files=files).status_code == 403
    assert staffed.site.count(ImportFile) == 0
    staffed.site.client.cookies.clear()
    away = staffed.site.client.post("/staff/imports", files=files, follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (303, "/staff/login")


def test_a_fault_of_ours_is_told_and_says_nothing_of_the_file(
    staffed: Biller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_more: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(work, "import_invoices", broken)
    with capture_logs() as lines:
        page = give(staffed, csv(row(7)))
    assert "stopped part-way" in page.text
    assert SECRET not in str(lines)
    assert [line["error"] for line in lines if line["event"] == "import file stopped"] == ["RuntimeError"]
    monkeypatch.undo()
    assert "Import 1 invoice" in read_again(staffed, page).text


def test_only_a_few_run_at_once(staffed: Biller) -> None:
    places = staffed.site.client.app.state.rate_limits.importing  # type: ignore[attr-defined]
    page = give(staffed, csv(row(7)))
    taken = [places.acquire(blocking=False) for _ in range(2)]
    assert taken == [True, True]
    try:
        assert "other imports are running" in give(staffed, csv(row(8)), 429).text
        assert "other imports are running" in confirm(staffed, page, 429).text
    finally:
        places.release()
        places.release()
    assert staffed.site.count(ImportFile) == 1
    assert "1 new" in confirm(staffed, page).text


def test_a_file_that_cannot_be_checked_now_is_not_even_read(staffed: Biller) -> None:
    places = staffed.site.client.app.state.rate_limits.importing  # type: ignore[attr-defined]
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    sent = {"content": b"no form at all", "headers": headers}
    assert staffed.site.client.post("/staff/imports", **sent).status_code == 400
    taken = [places.acquire(blocking=False) for _ in range(2)]
    try:
        answer = staffed.site.client.post("/staff/imports", **sent)
    finally:
        for _ in filter(None, taken):
            places.release()
    assert (answer.status_code, "other imports are running" in answer.text) == (429, True)


def test_without_a_thread_to_run_in_the_file_shows_as_stopped_and_the_place_is_free(
    staffed: Biller, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(import_jobs, "Thread", NoThread)
    for _ in range(3):  # more than there are places
        page = give(staffed, csv(row(7)))
        assert "stopped part-way" in page.text
    monkeypatch.undo()
    assert "Import 1 invoice" in read_again(staffed, page).text


def row_page(staffed: Biller, page: Response, line: int, status: int = 200) -> str:
    return staffed.get(f"{page.url.path.removeprefix('/staff')}/rows/{line}", status)


def correct(
    staffed: Biller, page: Response, line: int, cells: dict[str, str], shown: str = "", status: int = 200
) -> Response:
    """Type into the cells of a row by the names of their columns, and press the button."""
    form = shown or row_page(staffed, page, line)
    names = re.findall(r'<label for="cell-(\d+)"><bdi>([^<]*)</bdi>', form)
    given = dict(re.findall(r'<input id="cell-(\d+)" name="cell" value="([^"]*)"', form))
    texts = {place: cells.get(name, html.unescape(given.get(place, ""))) for place, name in names}
    path = f"{page.url.path.removeprefix('/staff')}/rows/{line}"
    fields = {"place": list(texts), "cell": list(texts.values()), "seen": staffed.hidden(form, "seen")}
    return staffed.answer(path, status, **fields)


def test_a_faulty_cell_is_corrected_on_the_page_and_the_file_stays_as_it_came(staffed: Biller) -> None:
    page = give(staffed, csv(row(7, due="soon"), row(8)))
    form = row_page(staffed, page, 2)
    assert "is not a date" in form
    assert 'value="soon"' in form
    again = correct(staffed, page, 2, {"due_date": "later"})
    assert "1 cell of this file is corrected here" in again.text
    assert "is not a date" in again.text
    read = correct(staffed, page, 2, {"due_date": "2026-04-01"})
    assert "Import 2 invoices" in read.text
    with staffed.site.app.reading() as session:
        (kept,) = session.scalars(select(ImportFile))
        (one,) = json.loads(kept.corrections)
        assert (one["line"], one["old"], one["new"], one["actor"]) == (2, "soon", "2026-04-01", STAFF)
    shown = row_page(staffed, page, 2)
    assert f"In the file: <bdi>soon</bdi>. Corrected by {STAFF}." in shown
    confirm(staffed, read)
    with staffed.site.app.reading() as session:
        assert str(session.query(Invoice).filter_by(number="7").one().due_date) == "2026-04-01"
        assert session.scalars(select(ImportFile.corrections)).one() == ""
    assert "corrected a row of" in staffed.get("/audit")


def test_a_correction_is_checked_by_the_same_parser_and_not_over_a_colleagues(staffed: Biller) -> None:
    page = give(staffed, csv(row(7, due="soon")))
    stale = row_page(staffed, page, 2)
    for typed in ("=1+1", "<script>alert(1)</script>", "x" * 1999):
        answer = correct(staffed, page, 2, {"due_date": typed})
        assert "is not a date" in answer.text
        assert "<script>alert" not in answer.text
    assert (
        "somebody corrected this row"
        in correct(staffed, page, 2, {"due_date": "2026-04-01"}, stale, status=409).text
    )
    correct(staffed, page, 2, {"due_date": "x" * 2001}, status=422)
    back = correct(staffed, page, 2, {"due_date": "soon"})
    assert "corrected here" not in back.text


def test_a_row_with_too_few_fields_is_completed_and_secrets_are_not_shown(staffed: Biller) -> None:
    token = "ab" * 32
    lines = f"{row(7)},{token}", row(8).rpartition(",")[0]
    page = give(staffed, csv(*lines, head=f"{HEAD},payment_token"))
    assert "has 17 fields instead of 19" in page.text
    assert token not in row_page(staffed, page, 2)
    read = correct(staffed, page, 3, {"line_amount": "80.00"})
    assert "Import 2 invoices" in read.text
    for line in (1, 4, 99):
        row_page(staffed, page, line, 404)
