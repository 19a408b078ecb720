"""Files as spreadsheets and hosts write them: read as they are meant, or refused with what to do."""

import io
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from paymail.errors import InvalidInput
from paymail.services.imports import Format, ImportRefused, open_host_file
from paymail.services.imports.fields import date_pattern
from paymail.services.imports.header import COLUMNS
from paymail.services.imports.numbers import DecimalMark
from tests.services.imports.host_files import BASE, Row, look, rows, text_of

PLAIN = text_of([BASE])
SYDNEY = Format(zone=ZoneInfo("Australia/Sydney"))


def notes_of(data: bytes) -> tuple[str, ...]:
    return open_host_file(io.BytesIO(data)).notes


def german(change: Row | None = None) -> str:
    """Return the file with semicolons and decimal commas, as Excel saves it in Germany."""
    row = {name: value.replace(".", ",") if value[:1].isdigit() else value for name, value in BASE.items()}
    row |= change or {}
    return "\r\n".join([";".join(COLUMNS), ";".join(row[name] for name in COLUMNS), ""])


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", "|").encode(),
        b"sep=,\r\n" + PLAIN.encode(),
        b"sep=\t\r\n" + PLAIN.replace(",", "\t").encode(),
        b'\xef\xbb\xbf"invoice_id"' + PLAIN.encode()[len("invoice_id") :],
        PLAIN.encode() + b",,,,,,,,,,,,,,,,,\r\n\r\n" * 3,
        "".join(line + ",,\r\n" for line in PLAIN.splitlines()).encode(),
        PLAIN.replace("Acme", "Acme\u00a0").encode(),
        PLAIN.replace("invoice_id", " Invoice No. ").replace("issued_date", "Invoice Date").encode(),
        german().encode(),
    ],
    ids=lambda data: repr(data[:24]),
)
def test_a_file_is_read_however_a_spreadsheet_wrote_it(data: bytes) -> None:
    (invoice,), faults = look(data)
    assert faults == []
    assert (invoice.customer_name, invoice.total, invoice.lines[0].unit_price) == ("Acme", 8250, Decimal(75))


def test_a_windows_file_is_read_as_such_and_the_line_that_shows_it_is_named() -> None:
    names = [f"Firm {n}" for n in range(1, 401)]
    names[300] = "Müller & Söhne \u2013 Bäckerei"
    table = rows(*({"invoice_id": str(n), "customer_name": name} for n, name in enumerate(names, 1)))
    data = text_of(table).encode("cp1252")
    invoices, faults = look(data)
    assert [invoice.customer_name for invoice in invoices] == names
    assert faults == []
    assert notes_of(data) == ("line 302 is not UTF-8, so the file was read as Windows-1252",)


def test_bytes_that_are_in_no_known_encoding_refuse_the_file_with_line_and_advice() -> None:
    data = PLAIN.encode().replace(b"Support", b"Supp\x81rt")
    _none, (fault,) = look(data)
    assert fault.line == 2
    assert "CSV UTF-8" in fault.reason


def test_columns_that_are_not_ours_are_left_out_and_named() -> None:
    lines = PLAIN.splitlines()
    data = f"{lines[0]},Sales rep,\r\n{lines[1]},Kim,\r\n".encode()
    assert len(look(data)[0]) == 1
    assert notes_of(data) == ("columns that are not read: 'Sales rep'",)


def test_our_own_name_of_a_column_goes_before_a_synonym() -> None:
    lines = PLAIN.splitlines()
    data = f"number,{lines[0]}\r\nINV-7,{lines[1]}\r\n".encode()
    assert look(data)[0][0].number == "7"


@pytest.mark.parametrize("written", ["1.234,50", "1 234,50", "1\u00a0234,50", "1'234,50", "1234,50"])
def test_a_decimal_comma_is_found_out_from_the_file(written: str) -> None:
    money = {"unit_price": written, "line_amount": written, "subtotal": written}
    data = german(money | {"tax_amount": "123,45", "total": "1.357,95"})
    (invoice,), faults = look(data)
    assert (invoice.total, faults) == (135795, [])
    assert notes_of(data.encode()) == ("a comma was read as the decimal mark",)


def test_thousands_are_read_where_the_file_proves_its_decimal_mark() -> None:
    money = {"unit_price": "1,234.50", "line_amount": "1,234.50", "subtotal": "1,234.50"}
    sums = {"tax_amount": "123.45", "total": "1,357.95"}
    (invoice,), _none = look(text_of(rows(money | sums)))
    assert invoice.total == 135795


def test_a_number_that_could_be_two_is_refused_unless_the_mark_is_given() -> None:
    whole = {"subtotal": "1,234", "unit_price": "1,234", "line_amount": "1,234"}
    row = BASE | whole | {"tax_rate": "0", "tax_amount": "0", "total": "1,234", "amount_paid": "0"}
    _none, faults = look(text_of([row]))
    assert {fault.column for fault in faults} == {"subtotal", "unit_price", "line_amount", "total"}
    assert "could be two numbers; say which by --decimal-mark" in faults[0].reason
    (invoice,), _none = look(text_of([row]), Format(mark=DecimalMark.POINT))
    assert invoice.total == 123400


@pytest.mark.parametrize("written", ["75,00", "(5.00)", "", "1.2.3", "1,23.00", "--1", "\uff17\uff15"])
def test_what_is_no_number_in_this_file_is_named_not_guessed(written: str) -> None:
    _none, faults = look(text_of(rows({"line_amount": written})))
    assert [(fault.line, fault.column) for fault in faults] == [(2, "line_amount")]


def test_zeros_at_the_end_of_a_number_say_nothing() -> None:
    hours = {"quantity": "0.83333333333333337034", "unit_price": "100." + "0" * 40, "line_amount": "83.33"}
    (invoice,), _none = look(
        text_of(rows(hours | {"subtotal": "83.33", "tax_amount": "8.33", "total": "91.66"}))
    )
    assert invoice.lines[0].unit_price == 100


def test_a_description_keeps_its_lines() -> None:
    (invoice,), _none = look(text_of(rows({"description": "Remote support \r\nMon:\tprinter\rTue: VPN\n"})))
    assert invoice.lines[0].description == "Remote support\nMon: printer\nTue: VPN"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-01T00:00:00.000Z", date(2026, 3, 1)),
        ("2026-02-28T13:00:00Z", date(2026, 3, 1)),
        ("2026-03-01 00:00:00", date(2026, 3, 1)),
        ("2026-03-01T00:00:00+11:00", date(2026, 3, 1)),
    ],
)
def test_a_date_time_is_a_date_if_it_is_midnight_there_or_at_the_issuers(written: str, day: date) -> None:
    (invoice,), _none = look(text_of(rows({"issued_date": written})), SYDNEY)
    assert invoice.issued == day


def test_a_time_of_day_is_no_date_and_the_fault_says_where_it_was_looked_at() -> None:
    _none, (fault,) = look(text_of(rows({"issued_date": "2026-03-01T09:30:00Z"})), SYDNEY)
    assert "midnight in UTC or in Australia/Sydney" in fault.reason


def test_another_date_format_is_read_when_it_is_given() -> None:
    table = rows({"issued_date": "01/03/2026", "due_date": "31/03/2026"})
    (invoice,), _none = look(text_of(table), Format(dates=date_pattern("DD/MM/YYYY")))
    assert (invoice.issued, invoice.due) == (date(2026, 3, 1), date(2026, 3, 31))
    with pytest.raises(InvalidInput, match="DD/MM/YYYY"):
        date_pattern("DD/MM")


def test_every_fault_of_an_invoice_is_named_at_once() -> None:
    change = {
        "customer_email": "nobody",
        "due_date": "soon",
        "quantity": "x",
        "line_amount": "y",
        "total": "z",
    }
    _none, faults = look(text_of(rows(change)))
    assert [fault.column for fault in faults] == [
        "customer_email",
        "due_date",
        "line_amount",
        "quantity",
        "total",
    ]


def test_rows_of_one_invoice_may_stand_apart() -> None:
    second = {"line": "2", "subtotal": "150.00", "tax_amount": "15.00", "total": "165.00"}
    first = second | {"line": "1"}
    table = rows(first, {"invoice_id": "8"}, second)
    invoices, faults = look(text_of(table))
    assert faults == []
    assert [(invoice.number, len(invoice.lines)) for invoice in invoices] == [("7", 2), ("8", 1)]


def test_equal_amounts_agree_however_they_are_written() -> None:
    second = {"subtotal": "150.00", "tax_amount": "15.00", "total": "165.00"}
    table = rows(second, second | {"line": "2", "total": "165", "tax_rate": "10"})
    assert look(text_of(table))[1] == []


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    _none, (fault,) = look(PLAIN.encode() + b'"' + b"x" * 3_000_000)
    assert fault.line == 3


def test_an_empty_file_says_what_is_missing() -> None:
    with pytest.raises(ImportRefused) as caught:
        open_host_file(io.BytesIO(b""))
    assert caught.value.faults[0].reason == "the header is missing invoice_id"
