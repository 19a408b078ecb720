"""Files that cannot be read throughout: what is torn stays out whole, and the reason names the line."""

import pytest
from sqlalchemy import Engine

from paymail.services.imports import host_file, overview, store
from tests.services.imports.host_files import BASE, Row, bring, look, rows, text_of
from tests.services.imports.test_host_files import PLAIN, notes_of

HEAD, ROW = PLAIN.splitlines()
FREE: Row = {"line": "2", "unit_price": "0", "line_amount": "0"}


def sound_ids(text: str) -> list[int]:
    return [int(invoice.number) for invoice in look(text)[0]]


@pytest.mark.parametrize(
    "torn",
    [",".join([*ROW.split(",")[:-1]]), ROW + ",more", "007,x"],
    ids=["too few", "too many", "zeros"],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_row_that_cannot_be_read_keeps_its_invoice_out(torn: str, first: bool) -> None:
    other = text_of([BASE | {"invoice_id": "8"}]).splitlines()[1]
    lines = [torn, ROW] if first else [ROW, torn]
    text = "\n".join([HEAD, *lines, other])
    assert sound_ids(text) == [8]
    at, bad = (3, 2) if first else (2, 3)
    assert (at, f"this invoice stays out: line {bad} cannot be read") in [
        (fault.line, fault.reason) for fault in look(text)[1]
    ]


def test_where_the_rest_is_lost_the_last_invoice_stays_out() -> None:
    text = text_of(rows({"invoice_id": "8"}, {})) + '7,"x" y\n'
    assert sound_ids(text) == [8]


@pytest.mark.parametrize("scattered", [True, False])
def test_an_invoice_with_too_many_rows_stays_out(monkeypatch: pytest.MonkeyPatch, scattered: bool) -> None:
    monkeypatch.setattr(host_file, "MOST_ROWS", 2)
    many = [FREE | {"line": str(n)} for n in range(2, 6)]
    other = {"invoice_id": "8"}
    text = text_of(rows({}, other, *many) if scattered else rows({}, *many, other))
    found, (fault,) = look(text)
    assert [invoice.number for invoice in found] == ["8"]
    assert (fault.line, fault.reason) == (2, "this invoice has more than 2 rows")


def test_a_file_in_which_hardly_a_row_can_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "MOST_FAULTS", 2)
    none, (fault,) = look(PLAIN + "9,x\n" * 5)
    assert (none, fault.line) == ([], 5)
    assert "more than 2 rows cannot be read" in fault.reason


def test_no_more_faults_are_kept_than_people_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_FAULTS", 3)
    report = bring(engine, text_of(rows(*({"invoice_id": str(n), "total": "1"} for n in range(1, 9)))))
    assert (report.skipped, len(report.faults)) == (8, 4)
    assert report.faults[-1].reason == "there are more than 3 faults; the others are not listed"


def test_two_columns_for_one_thing_are_refused() -> None:
    text = PLAIN.replace("customer_email", "Email").replace(HEAD[-11:], HEAD[-11:] + ",client_email", 1)
    _none, (fault,) = look(text.replace(ROW, ROW + ",b@b.example"))
    expected = (
        "the header has two columns for customer_email: 'Email', 'client_email'; rename one to customer_email"
    )
    assert fault.reason == expected
    both = PLAIN.replace(HEAD, HEAD + ",Email,client_email").replace(ROW, ROW + ",x,y")
    assert len(look(both)[0]) == 1


def test_a_stray_byte_does_not_turn_utf_8_into_windows_1252() -> None:
    table = text_of(rows({"customer_name": "M\u00fcller"}, {"invoice_id": "8", "description": "Caf\u00e9"}))
    data = table.encode().replace("Caf\u00e9".encode(), b"Caf\xe9")
    found, (fault,) = look(data)
    assert (found, fault.line) == ([], 3)
    assert "mixed encodings" in fault.reason


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_a_file_that_breaks_the_promise_of_its_first_bytes_is_refused(encoding: str) -> None:
    text = text_of(rows({}, {"invoice_id": "8"})).encode(encoding)
    mark = "\ufeff".encode("utf-16-be") if encoding == "utf-16-be" else b""
    found, (fault,) = look(mark + text + b"\xe9")  # half a letter in either
    assert (found, fault.line) == ([], 4)
    assert "CSV UTF-8" in fault.reason


def test_a_header_is_told_without_bytes_that_a_terminal_obeys() -> None:
    (note,) = notes_of(f"{HEAD},\x1b]0;owned\x07{'x' * 500}\r\n{ROW},y\r\n".encode())
    assert note.isprintable()
    assert len(note) < 200
