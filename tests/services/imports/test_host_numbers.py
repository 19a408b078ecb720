"""Numbers in a host's file: read in the one way they can be meant, refused with what to do otherwise."""

import pytest
from sqlalchemy import Engine

from paymail.services.imports import Format
from paymail.services.imports.numbers import DecimalMark
from tests.services.imports.host_files import BASE, Row, bring, faults_of, look, rows, text_of

TWELVE_AND_A_HALF: Row = {
    "currency": "TND",
    "tax_rate": "19.0",
    "subtotal": "12,500",
    "tax_amount": "2,375",
} | {
    "total": "14,875",
    "amount_paid": "0",
    "unit_price": "12,500",
    "line_amount": "12,500",
}
LONE = {"subtotal", "tax_amount", "total", "unit_price", "line_amount"}


def columns_of(text: str) -> set[str]:
    """Return the columns that could be two numbers; nothing else is wrong, and nothing comes in."""
    sound, faults = look(text)
    assert sound == []
    assert all("could be two numbers; say which by --decimal-mark" in fault.reason for fault in faults)
    return {fault.column for fault in faults}


@pytest.mark.parametrize("lone", [lambda text: text, lambda text: text.replace(",", ".")], ids=[",", "."])
@pytest.mark.parametrize("code", ["TND", "EUR"])
def test_a_rate_or_a_quantity_proves_nothing_about_amounts(code: str, lone) -> None:  # type: ignore[no-untyped-def]
    amounts = {name: lone(value) for name, value in TWELVE_AND_A_HALF.items() if "," in value}
    for other in ({"tax_rate": "19.0"}, {"tax_rate": "19", "quantity": "1.0"}):
        assert columns_of(text_of(rows(TWELVE_AND_A_HALF | amounts | {"currency": code} | other))) == LONE


def test_amounts_that_prove_both_marks_leave_the_file_without_one() -> None:
    other = {"invoice_id": "8", "currency": "EUR", "line_amount": "75,00"}
    _none, faults = look(text_of(rows({}, {"invoice_id": "9", "quantity": "1.000"}, other)))
    found = {(fault.line, fault.column): fault.reason for fault in faults}
    assert set(found) == {(3, "quantity"), (4, "line_amount")}
    assert "could be two numbers" in found[3, "quantity"]


@pytest.mark.parametrize("proof", ["0,500", "-0,500", "1234,500", "1 234,500"])
def test_three_decimals_prove_the_mark_where_they_cannot_be_thousands(proof: str) -> None:
    other = TWELVE_AND_A_HALF | {"tax_rate": "19", "invoice_id": "8", "amount_paid": proof}
    sound, _faults = look(text_of(rows(TWELVE_AND_A_HALF | {"tax_rate": "19"}, other)))
    assert [invoice.total for invoice in sound] == [14875]


def test_an_amount_of_three_decimals_loses_no_separator_unless_the_mark_is_given() -> None:
    text = text_of(rows({}, TWELVE_AND_A_HALF | {"invoice_id": "8"}))
    sound, faults = look(text)
    assert [invoice.number for invoice in sound] == ["7"]
    assert {fault.column for fault in faults} == LONE
    sound, faults = look(text, Format(mark=DecimalMark.POINT))
    assert (sound[1].total, faults) == (14_875_000, [])
    sound, _faults = look(
        text_of(rows(TWELVE_AND_A_HALF | {"tax_rate": "19"})), Format(mark=DecimalMark.COMMA)
    )
    assert sound[0].total == 14875


@pytest.mark.parametrize("written", ["12 50", "1234 567", "1 234'567", "0 500", "7 5.00", "75.0 0"])
def test_spaces_stand_only_between_groups_of_three_digits(written: str) -> None:
    assert [fault[1] for fault in faults_of({"line_amount": written})] == ["line_amount"]


def test_a_comma_in_a_file_that_proves_no_mark_says_how_to_give_it() -> None:
    whole = {"subtotal": "75", "tax_amount": "8", "total": "83", "amount_paid": "0", "unit_price": "50"}
    row = BASE | whole | {"tax_rate": "10", "currency": "JPY", "line_amount": "75", "quantity": "1,5"}
    _none, (fault,) = look(text_of([row]))
    assert (fault.column, "--decimal-mark" in fault.reason) == ("quantity", True)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"invoice_id": "0" * 19 + "5" + "9" * 5000}, "invoice_id"),
        ({"line": "0" * 30 + "9" * 17}, "line"),
        ({"quantity": "9" * 28, "unit_price": "9" * 28}, "quantity"),
        ({"quantity": "9" * 15, "unit_price": "9" * 15}, "line_amount"),
        ({"subtotal": "9" * 29}, "subtotal"),
    ],
)
def test_no_number_is_too_large_to_be_named_as_a_fault(change: Row, column: str) -> None:
    assert column in [fault[1] for fault in faults_of(change)]


def test_an_id_with_zeros_before_it_is_the_same_invoice(engine: Engine) -> None:
    half = {"unit_price": "37.50", "line_amount": "37.50"}
    text = text_of(rows(half, {"invoice_id": "8"}, half | {"invoice_id": "007", "line": "2"}))
    report = bring(engine, text, all_or_nothing=True)
    assert (report.created, report.faults) == (2, ())
