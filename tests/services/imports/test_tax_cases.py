"""Invoices that hosts really write, from others' bug reports: each comes in as it should, or says why."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import selectinload

from paymail import db
from paymail.models import Customer, Invoice, InvoiceLine, PaymentStatus
from paymail.services.core.documents import taxes_of
from paymail.services.imports.faults import Fault
from tests.services.imports.host_files import bring, look

CASES = Path(__file__).parent / "cases"
MIXED = CASES / "03_mixed_rates.csv"


def read(name: str) -> str:
    return (CASES / f"{name}.csv").read_text(encoding="utf-8")


def with_line_columns(columns: str, *values: str) -> str:
    """Return the case of mixed rates with more columns, one value per line item."""
    header, *lines = MIXED.read_text(encoding="utf-8").splitlines()
    return "\n".join([f"{header},{columns}", *map(",".join, zip(lines, values, strict=True)), ""])


def brought(engine: Engine, content: str) -> Invoice:
    report = bring(engine, content)
    assert (report.created, report.faults) == (1, ())
    with db.reading(engine) as session:
        return session.scalars(select(Invoice).options(selectinload(Invoice.lines))).one()


def only_fault(content: str) -> Fault:
    sound, faults = look(content)
    assert (sound, len(faults)) == ([], 1)
    return faults[0]


@pytest.mark.parametrize(
    ("name", "subtotal", "tax", "total", "difference"),
    [
        ("01_gst_inclusive_49_99", 4545, 454, 4999, -1),
        ("02_round_globally", 535066, 117714, 652780, -1),
        ("04_bankers_line", 3042, 304, 3346, -1),
        ("10_apostrophe", 7500, 750, 8250, 0),
        ("12b_nbsp", 7500, 750, 8250, 0),
        ("13_overpaid", 7500, 750, 8250, 0),
        ("15_full_discount", 0, 0, 0, 0),
        ("16b_hours_float_tail", 8333, 833, 9166, 0),
        ("17_jpy_with_cents", 1500, 150, 1650, 0),
        ("20_description_2500", 7500, 750, 8250, 0),
    ],
)
def test_sums_come_in_as_the_host_has_them_and_the_difference_from_ours_is_kept(
    engine: Engine, name: str, subtotal: int, tax: int, total: int, difference: int
) -> None:
    invoice = brought(engine, read(name))
    assert (invoice.subtotal, invoice.tax_amount, invoice.total) == (subtotal, tax, total)
    assert invoice.rounding_difference == difference
    assert sum(group.tax.minor for group in taxes_of(invoice)) == tax


def test_an_apostrophe_and_a_hard_space_are_read_as_people_mean_them(engine: Engine) -> None:
    bring(engine, read("10_apostrophe"))
    bring(engine, read("12b_nbsp").replace("9001,", "9002,"))
    with db.reading(engine) as session:
        emails = set(session.scalars(select(Customer.email)))
    assert emails == {"pat.o'brien@test-customer.example", "a@test-customer.example"}


def test_an_overpaid_invoice_comes_in_as_overpaid(engine: Engine) -> None:
    invoice = brought(engine, read("13_overpaid"))
    assert (invoice.payment_status, invoice.amount_paid) == (PaymentStatus.PAID, 9000)
    assert (invoice.overpaid, invoice.balance) == (750, 0)


def test_a_number_with_a_float_tail_keeps_its_value(engine: Engine) -> None:
    (line,) = brought(engine, read("16b_hours_float_tail")).lines
    assert (line.quantity, line.unit_price) == (Decimal("0.83333333333333337034"), Decimal(100))


def test_a_long_description_is_kept_whole(engine: Engine) -> None:
    (line,) = brought(engine, read("20_description_2500")).lines
    assert len(line.description) == 2499


def test_a_description_above_the_limit_is_one_clear_fault() -> None:
    fault = only_fault(read("20_description_2500").replace("x y", "x y" * 3, 5000))
    assert (fault.line, fault.column, fault.reason) == (2, "description", "is longer than 5000 characters")


@pytest.mark.parametrize(
    ("name", "line", "column", "reason"),
    [
        ("12_zero_width_space", 2, "customer_email", "is not an email address"),
        ("23_blank_amount_paid", 2, "amount_paid", "is not a decimal number"),
        ("24_paren_negative_line", 3, "line_amount", "'(5.00)' is not a decimal number"),
    ],
)
def test_what_would_have_to_be_guessed_is_named(name: str, line: int, column: str, reason: str) -> None:
    fault = only_fault(read(name))
    assert (fault.line, fault.column) == (line, column)
    assert reason in fault.reason


def test_mixed_rates_without_a_rate_per_line_are_refused_with_what_to_give() -> None:
    fault = only_fault(MIXED.read_text(encoding="utf-8"))
    assert (fault.line, fault.column) == (2, "tax_amount")
    assert fault.reason == (
        "is 7.50, 10.00% of the subtotal is 17.50: off by -10.00. If the lines have different tax rates, give"
        " each its own in a column line_tax_rate"
    )


@pytest.mark.parametrize(
    ("columns", "taxed", "free", "category"),
    [
        ("line_tax_rate", "10", "0", "Z"),
        ("Line tax rate", "", "0.00", "Z"),
        ("line_gst_rate", "10.00", "0", "Z"),
        ("line_tax_rate,line_tax_category", "10,S", "0,E", "E"),
        ("line_tax_category", "", "Z", "Z"),
        ("line_tax_category", "s", "ae", "AE"),
        ("tax_category", "S", "O", "O"),
    ],
)
def test_mixed_rates_come_in_given_a_rate_or_category_per_line(
    engine: Engine, columns: str, taxed: str, free: str, category: str
) -> None:
    invoice = brought(engine, with_line_columns(columns, taxed, free))
    groups = [(g.category, g.rate, g.net.minor, g.tax.minor) for g in taxes_of(invoice)]
    assert groups == [("S", Decimal(10), 7500, 750), (category, Decimal(0), 10000, 0)]
    assert (invoice.tax_amount, invoice.rounding_difference) == (750, 0)


@pytest.mark.parametrize(
    ("columns", "value", "column", "reason"),
    [
        ("line_tax_rate", "101", "line_tax_rate", "101 is not between 0 and 100"),
        ("line_tax_category", "GST", "line_tax_category", "'GST' is not one of S, Z, E, AE, O"),
        ("line_tax_rate,line_tax_category", "10,Z", "line_tax_rate", "a line of category Z has no tax"),
        ("line_tax_rate,line_tax_category", "0,S", "line_tax_category", "S needs a rate above zero"),
    ],
)
def test_a_rate_and_a_category_that_contradict_each_other_are_named(
    columns: str, value: str, column: str, reason: str
) -> None:
    fault = only_fault(with_line_columns(columns, "," * columns.count(","), value))
    assert (fault.line, fault.column) == (3, column)
    assert reason in fault.reason


def test_wrong_tax_at_several_rates_is_refused_with_the_difference() -> None:
    content = with_line_columns("line_tax_rate", "10", "0").replace("7.50,182.50", "7.60,182.60")
    fault = only_fault(content)
    assert fault.column == "tax_amount"
    assert fault.reason == "is 7.60, the tax of the lines at their own rates is 7.50: off by 0.10"


def test_a_rate_that_only_says_what_the_invoice_says_changes_nothing(engine: Engine) -> None:
    invoice = read("01_gst_inclusive_49_99")
    brought(engine, invoice)
    header, line = invoice.splitlines()
    report = bring(engine, f"{header},line_tax_rate\n{line},10\n")
    assert (report.unchanged, report.faults) == (1, ())


def test_another_rate_of_a_known_line_is_a_change(engine: Engine) -> None:
    brought(engine, with_line_columns("line_tax_category", "S", "Z"))
    report = bring(engine, with_line_columns("line_tax_category", "S", "E"))
    assert [fault.column for fault in report.faults] == ["line"]


def test_a_line_without_a_rate_has_none_of_its_own(engine: Engine) -> None:
    brought(engine, read("04_bankers_line"))
    with db.reading(engine) as session:
        line = session.scalars(select(InvoiceLine)).one()
        assert (line.tax_rate, line.tax_category) == (None, "")


def test_a_credit_note_is_refused_with_what_to_do_instead(engine: Engine) -> None:
    content = read("01_gst_inclusive_49_99")
    for amount in ("45.45", "4.54", "49.99"):
        content = content.replace(f",{amount},", f",-{amount},")
    report = bring(engine, content.replace(",45.45\n", ",-45.45\n"))
    assert (report.created, report.skipped, len(report.faults)) == (0, 1, 1)
    assert report.faults[0].column == "total"
    for command in ("payments refund", "invoices void", "invoices write-off"):
        assert f"paymail {command}" in report.faults[0].reason
    with db.reading(engine) as session:
        assert session.scalars(select(Invoice)).all() == []
