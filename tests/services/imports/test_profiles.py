"""Exports of other systems, made up in their columns, come in whole; what cannot be told is refused."""

import io
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import joinedload

from paymail import db
from paymail.models import Invoice
from paymail.services.imports import Format, ImportRefused, open_host_file
from paymail.services.imports.fields import date_pattern
from paymail.services.imports.header import SYNONYMS
from paymail.services.imports.profiles import BUILT_IN, NoSuchProfile, Profile, Profiles
from paymail.services.imports.profiles.profile import ADDRESS, METADATA, NOT_ZERO, READABLE
from tests.services.imports.host_files import BASE, bring, look, text_of

EXPORTS = Path(__file__).with_name("exports")
COMES_IN = {
    # number: issued, due, status, payment status, subtotal, tax, total, paid
    "xero": {
        "INV-0101": ("2026-02-03", "2026-03-05", "sent", "unpaid", 28500, 2850, 31350, 0),
        "INV-0102": ("2026-02-14", "2026-02-28", "sent", "paid", 25000, 1000, 26000, 26000),
        "INV-0103": ("2026-02-20", "2026-03-22", "sent", "partial", 13634, 1363, 14997, 5000),
        "INV-0104": ("2026-02-21", "2026-03-23", "draft", "unpaid", 5000, 500, 5500, 0),
        "INV-0105": ("2026-02-22", "2026-03-24", "void", "unpaid", 10000, 1000, 11000, 0),
    },
    "quickbooks": {
        "1037": ("2026-01-31", "2026-03-02", "sent", "unpaid", 15280, 1261, 16541, 0),
        "1038": ("2026-02-01", "2026-02-15", "sent", "paid", 15000, 0, 15000, 15000),
        "1039": ("2026-02-14", "2026-03-16", "sent", "partial", 7000, 578, 7578, 5000),
    },
    "invoice_ninja": {
        "2026-0041": ("2026-02-03", "2026-03-05", "sent", "unpaid", 100000, 19000, 119000, 0),
        "2026-0042": ("2026-02-04", "2026-02-18", "sent", "partial", 7950, 1590, 9540, 5000),
        "2026-0043": ("2026-02-10", "2026-02-24", "sent", "paid", 4000, 800, 4800, 4800),
        "2026-0044": ("2026-02-11", "2026-03-13", "draft", "unpaid", 10000, 1900, 11900, 0),
    },
    "psa": {
        "70041": ("2026-02-28", "2026-03-30", "sent", "unpaid", 73300, 7330, 80630, 0),
        "70042": ("2026-02-28", "2026-03-14", "sent", "paid", 40000, 4000, 44000, 44000),
    },
}
STAYS_OUT = {
    "xero": [("Type", "'Sales credit note': credit notes"), ("InvoiceAmountDue", "70.00 was credited")],
    "quickbooks": [],
    "invoice_ninja": [("Invoice Discount", "is 10: there is no place")],
    "psa": [],
}


def export(name: str) -> str:
    return (EXPORTS / f"{name}.csv").read_text(encoding="utf-8")


def facts(one: Invoice) -> tuple[object, ...]:
    dates = (one.issued_date.isoformat(), one.due_date.isoformat())
    money = (one.subtotal, one.tax_amount, one.total, one.amount_paid)
    return (*dates, one.status.value, one.payment_status.value, *money)


@pytest.mark.parametrize("name", COMES_IN)
def test_an_export_comes_in_whole_with_its_sums_dates_and_statuses(engine: Engine, name: str) -> None:
    report = bring(engine, export(name))
    assert f"by the profile {name.replace('_', '-')}" in report.notes[0]
    for fault, (column, reason) in zip(report.faults, STAYS_OUT[name], strict=True):
        assert (fault.column, reason in fault.reason) == (column, True)
    with db.transaction(engine) as session:
        found = {one.number: facts(one) for one in session.scalars(select(Invoice))}
    assert found == COMES_IN[name]
    again = bring(engine, export(name))
    assert (again.created, again.updated, again.unchanged) == (0, 0, len(found))


def test_what_a_host_knows_of_customer_and_invoice_comes_along(engine: Engine) -> None:
    for name in COMES_IN:
        bring(engine, export(name), issuer=name)
    with db.transaction(engine) as session:
        statement = select(Invoice).options(joinedload(Invoice.customer))
        by_number = {one.number: one for one in session.scalars(statement)}
        harbour, mill, ninja = (by_number[number] for number in ("INV-0101", "70041", "2026-0041"))
        assert harbour.customer.address == "12 Wharf St\nFremantle\nWA\n6160\nAustralia"
        assert "Ticket 8812" in (harbour.host_metadata or "")
        assert (mill.purchase_order, mill.customer.external_ref) == ("PO 4411", "MLD")
        assert (ninja.notes, ninja.terms, ninja.customer.tax_id) == ("Thank you", "30 days", "DE123456789")


def test_a_discount_stands_in_the_line_and_a_price_with_tax_loses_it() -> None:
    invoices, _faults = look(export("xero"))
    discounted, taxed = invoices[0].lines[1], invoices[2].lines[0]
    assert (discounted.description, f"{discounted.unit_price}") == (
        "On-site support\n110.00 less 25%",
        "82.5",
    )
    assert (taxed.amount, taxed.quantity) == (13634, 3)
    free = invoices[1].lines[1]
    assert (free.tax_rate, free.tax_category) == (0, "Z")


def test_a_files_later_rows_may_leave_out_what_its_first_one_says_but_not_say_otherwise() -> None:
    assert len(look(export("quickbooks"))[0][0].lines) == 2
    _sound, faults = look(export("quickbooks").replace("1037,,,,", "1037,Another customer,,,"))
    assert [(one.line, one.column) for one in faults] == [(3, "Customer")]


AMBIGUOUS = export("psa").replace("28/02/2026", "03/02/2026").replace("30/03/2026", "05/03/2026")
AMBIGUOUS = AMBIGUOUS.replace("14/03/2026", "06/03/2026")


def test_dates_that_could_be_two_days_refuse_the_file_until_somebody_says_which() -> None:
    with pytest.raises(ImportRefused) as refused:
        open_host_file(io.BytesIO(AMBIGUOUS.encode()))
    assert refused.value.faults[0].reason == (
        "'03/02/2026 00:00:00' could be two days; say which by --date-format DD/MM/YYYY or MM/DD/YYYY"
    )
    for given, month in (("DD/MM/YYYY", 2), ("MM/DD/YYYY", 3)):
        sound, faults = look(AMBIGUOUS, Format(dates=date_pattern(given)))
        assert (faults, sound[0].issued.month) == ([], month)


def test_a_file_with_both_orders_of_day_and_month_is_refused() -> None:
    both = export("psa").replace("30/03/2026", "03/30/2026")
    with pytest.raises(ImportRefused) as refused:
        open_host_file(io.BytesIO(both.encode()))
    assert "the day first" in refused.value.faults[0].reason


def test_our_own_file_is_never_taken_for_another() -> None:
    ours = {name for column, others in SYNONYMS.items() for name in (column, *others)}
    for profile in BUILT_IN:
        assert not all(ours.intersection(sign) for sign in profile.signs), profile.name
    assert open_host_file(io.BytesIO(text_of([BASE]).encode())).layout.profile is None


@pytest.mark.parametrize("name", COMES_IN)
def test_an_export_is_taken_for_no_other(name: str) -> None:
    found = open_host_file(io.BytesIO(export(name).encode())).layout.profile
    assert found is not None
    assert found.name == name.replace("_", "-")


def test_a_profile_that_was_asked_for_says_what_the_file_lacks() -> None:
    with pytest.raises(ImportRefused) as refused:
        open_host_file(io.BytesIO(text_of([BASE]).encode()), profiles=Profiles(asked="xero"))
    assert refused.value.faults[0].reason.startswith(
        "this is not a Xero export of sales invoices: the header"
    )
    with pytest.raises(NoSuchProfile, match="paymail, xero, quickbooks, invoice-ninja, psa"):
        open_host_file(io.BytesIO(b"a,b\n"), profiles=Profiles(asked="myob"))


def test_a_file_without_addresses_payments_or_currency_says_what_to_add() -> None:
    bare = "InvoiceNo,Customer,InvoiceDate,DueDate,ItemDescription,ItemRate,ItemAmount\n"
    with pytest.raises(ImportRefused) as refused:
        open_host_file(io.BytesIO(bare.encode()))
    reasons = " ".join(fault.reason for fault in refused.value.faults)
    for advice in ("add it to the file", "by --currency", "what is still owed"):
        assert advice in reasons


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        ("Awaiting Payment", "On hold", "Status", "'On hold' is not one of draft, submitted"),
        (
            "10.0000,260.0000,0.0000,",
            "10.0000,100.0000,160.0000,",
            "Status",
            "says paid, but 100.00 of 260.00",
        ),
        ("313.5000,28.5000,0.0000,313.5000", "400.0000,28.5000,0.0000,400.0000", "Total", "is 400.00, but"),
        ("120.0000,,120.0000", "120.0000,,120.5000", "Total", "but the lines come to 285.50"),
        ("03/02/2026", "soon", "InvoiceDate", "'soon' is not a date"),
        ("GST Free Income", "Bed tax", "TaxType", "'Bed tax' is not a tax that is known"),
        ("accounts@harbour.example", "", "EmailAddress", "not"),
    ],
)
def test_what_cannot_be_told_refuses_its_invoice_and_names_the_files_column(
    old: str, new: str, column: str, reason: str
) -> None:
    assert old in export("xero")
    _sound, faults = look(export("xero").replace(old, new))
    assert any(one.column == column and reason in one.reason for one in faults), faults


def test_a_tax_without_a_known_name_has_the_rate_that_its_amount_proves() -> None:
    invoices, faults = look(export("xero").replace("GST on Income", "Standard Rate Sales"))
    assert ([one.tax_rate for one in invoices], len(faults)) == ([10] * 5, 2)


def test_a_row_of_text_alone_belongs_to_the_line_before_it() -> None:
    header, first, *rest = export("xero").splitlines()
    text = first.replace("Managed firewall, February", "Serial number 77").replace(
        "1.0000,120.0000,,120.0000,200,GST on Income,12.0000", ",,,,,,"
    )
    (invoice, *_), _faults = look("\n".join([header, first, text, *rest]))
    assert [line.description.split("\n")[-1] for line in invoice.lines] == [
        "Serial number 77",
        "110.00 less 25%",
    ]


def test_a_part_payment_follows_from_what_is_owed_only_with_the_hosts_own_total() -> None:
    without = export("quickbooks").replace(",Total,", ",Something,")
    invoices, faults = look(without)
    assert [one.number for one in invoices] == ["1037", "1038"]
    assert "only with the invoice's total" in faults[0].reason


def test_one_profile_is_one_file_with_readable_columns() -> None:
    for profile in BUILT_IN:
        assert isinstance(profile, Profile)
        strange = {
            one for one in profile.columns if not one.startswith((ADDRESS, METADATA, NOT_ZERO))
        } - READABLE
        assert not strange
        assert {one for one in profile.columns if one.startswith(METADATA)} == set(profile.kept_names)
