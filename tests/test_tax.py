"""Tax totals per category and rate add up to what the host says, whatever its rounding."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from paymail.tax import LineTax, TaxCategory, line_tax, single_rate, tax_totals
from tests.factories import GST, GST_FREE


def of(*lines: tuple[LineTax, int], subtotal: int, tax: int) -> list[tuple[str, Decimal, int, int]]:
    found = tax_totals(lines, subtotal=subtotal, tax=tax, currency="AUD")
    return [(total.category.value, total.rate, total.net.minor, total.tax.minor) for total in found]


def test_standard_rates_come_first_and_the_highest_before_the_others() -> None:
    low = LineTax(TaxCategory.STANDARD, Decimal(5))
    exempt = LineTax(TaxCategory.EXEMPT, Decimal(0))
    found = of((exempt, 1), (GST_FREE, 100), (low, 100), (GST, 100), (low, 100), subtotal=401, tax=20)
    assert found == [("S", 10, 100, 10), ("S", 5, 200, 10), ("Z", 0, 100, 0), ("E", 0, 1, 0)]


def test_a_rate_is_one_however_it_is_written() -> None:
    assert len(of((GST, 100), (LineTax(GST.category, Decimal(10)), 50), subtotal=150, tax=15)) == 1


def test_tax_that_was_rounded_per_line_is_that_of_its_lines() -> None:
    low = LineTax(TaxCategory.STANDARD, Decimal(5))
    lines = [(GST, 5), (GST, 5), (GST, 5), (low, 1000)]
    assert of(*lines, subtotal=1015, tax=53) == [("S", 10, 15, 3), ("S", 5, 1000, 50)]
    assert of(*lines, subtotal=1015, tax=52) == [("S", 10, 15, 2), ("S", 5, 1000, 50)]


def test_what_lawful_rounding_leaves_goes_to_the_group_with_the_most_tax() -> None:
    lines = [(GST, 4545), (GST_FREE, 10000)]
    assert of(*lines, subtotal=14545, tax=454) == [("S", 10, 4545, 454), ("Z", 0, 10000, 0)]
    assert of(*[(GST, 4545)] * 8, (GST_FREE, 10**6), subtotal=1036356, tax=3636) == [
        ("S", 10, 36356, 3636),
        ("Z", 0, 10**6, 0),
    ]


CATEGORIES = st.sampled_from(["", *TaxCategory])
LINES = st.lists(
    st.tuples(st.sampled_from(["0", "5", "7.7", "10", "25"]), CATEGORIES, st.integers(-(10**9), 10**9)),
    min_size=1,
    max_size=8,
)


@given(LINES, st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_the_groups_always_add_up_to_the_hosts_sums(
    lines: list[tuple[str, str, int]], subtotal: int, tax: int
) -> None:
    taxed = [(line_tax(Decimal(rate), category, Decimal(10)), amount) for rate, category, amount in lines]
    found = tax_totals(taxed, subtotal=subtotal, tax=tax, currency="AUD")
    assert sum(total.net.minor for total in found) == subtotal
    assert sum(total.tax.minor for total in found) == tax
    assert len({(total.category, total.rate) for total in found}) == len(found)


def test_an_invoice_has_one_rate_or_none_to_name() -> None:
    several = tax_totals([(GST, 100), (GST_FREE, 100)], subtotal=200, tax=10, currency="AUD")
    assert single_rate(several) is None
    assert single_rate(several[:1]) == 10
