"""Whatever another system computes by its own rounding comes in by its profile, to the cent."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.imports import exporting_hosts as hosts
from tests.services.imports.exporting_hosts import Sold, Table
from tests.services.imports.host_files import look
from tests.services.imports.test_profiles import export

Export = Callable[..., tuple[Table, Decimal, Decimal]]


def file_of(rows: Table) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def check(export: Export, lines: list[Sold], *, inclusive: bool) -> None:
    rows, total, tax = export(lines, inclusive=inclusive)
    sound, faults = look(file_of(rows))
    assert faults == []
    (found,) = sound
    assert (found.total, found.tax, found.paid) == (total * 100, tax * 100, 0)
    assert sum(line.amount for line in found.lines) == found.subtotal == (total - tax) * 100
    assert [line.description.split("\n")[0][:4] for line in found.lines] == ["Line"] * len(lines)


@settings(max_examples=150)
@given(lines=hosts.sold((0, 10, 15, 20), price_places=4), inclusive=st.booleans())
def test_xero(lines: list[Sold], inclusive: bool) -> None:
    check(hosts.xero, lines, inclusive=inclusive)


@settings(max_examples=100)
@given(lines=hosts.sold((0, 8)))
def test_quickbooks(lines: list[Sold]) -> None:
    check(hosts.quickbooks, lines, inclusive=False)


@settings(max_examples=150)
@given(lines=hosts.sold((0, 7, 19)), inclusive=st.booleans())
def test_invoice_ninja(lines: list[Sold], inclusive: bool) -> None:
    check(hosts.invoice_ninja, lines, inclusive=inclusive)


@settings(max_examples=100)
@given(lines=hosts.sold((0, 10, 20)))
def test_a_service_providers_report(lines: list[Sold]) -> None:
    check(hosts.psa, lines, inclusive=False)


@settings(max_examples=100)
@given(
    lines=hosts.sold((0, 10)),
    off=st.sampled_from(["1.00", "-1.00", "0.50"]),
    column=st.sampled_from(["Total", "TaxTotal", "LineAmount"]),
)
def test_an_amount_that_is_wrong_by_more_than_rounding_is_refused(
    lines: list[Sold], off: str, column: str
) -> None:
    rows, _total, _tax = hosts.xero(lines, inclusive=False)
    changed = [rows[0] | {column: f"{Decimal(rows[0][column]) + Decimal(off)}"}, *rows[1:]]
    if column != "LineAmount":
        changed = [row | {column: changed[0][column]} for row in rows]
    sound, faults = look(file_of(changed))
    assert (sound, bool(faults)) == ([], True)


@pytest.mark.parametrize("export", [hosts.xero, hosts.invoice_ninja])
def test_prices_with_tax_keep_their_quantity_where_a_net_price_leads_to_the_amount(export: Export) -> None:
    line = Sold(Decimal(3), Decimal("49.99"), Decimal(0), 20 if export is hosts.xero else 19)
    rows, _total, _tax = export([line], inclusive=True)
    (found,) = look(file_of(rows))[0]
    assert found.lines[0].quantity == 3


HOSTILE = (
    "", " ", "0", "-1", "1e9", "1" * 29, "0." + "0" * 28 + "1", "-100", "999999999999999", "1,234",
    "NaN", "Infinity", "99/99/9999", "31/02/2026", "Feb 99999999999 2026", "\x1b[2J", "\u0661",
    "void", "100%", "9" * 5000, "yes", "Paid",
)  # fmt: skip


@pytest.mark.parametrize("name", ["xero", "quickbooks", "invoice_ninja", "psa"])
def test_no_cell_breaks_the_reading_and_no_fault_commands_a_terminal(name: str) -> None:
    header, *rows = csv.reader(io.StringIO(export(name)))
    for place, cell in enumerate(header):
        for number, hostile in enumerate(HOSTILE[place % 3 :: 3]):
            table = [list(row) for row in rows]
            table[number % len(table)][place] = hostile
            out = io.StringIO(newline="")
            csv.writer(out).writerows([[*header[:place], f"{cell}\x1b", *header[place + 1 :]], *table])
            for fault in look(out.getvalue())[1]:
                assert f"{fault.column}{fault.reason}".isprintable(), fault
