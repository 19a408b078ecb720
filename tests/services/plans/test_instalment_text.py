"""Instalments typed as lines are read exactly, and a refusal names the line."""

from datetime import date

import pytest

from paymail.errors import InvalidInput
from paymail.services.plans.instalment_text import read_count, read_day, read_parts
from paymail.services.plans.instalments import BadPlan, Cadence, Part, dates


def test_lines_are_read_to_the_last_cent_and_empty_ones_count_for_nothing() -> None:
    found = read_parts("\n2026-12-01 50.00\r\n\n  2027-01-01\t32.5 \n", "AUD")
    assert found == (Part(date(2026, 12, 1), 5000), Part(date(2027, 1, 1), 3250))
    assert read_parts("2026-12-01 500", "JPY") == (Part(date(2026, 12, 1), 500),)


@pytest.mark.parametrize(
    ("text", "currency", "word"),
    [
        ("", "AUD", "on its own line"),
        ("2026-12-01", "AUD", "line 1 must be a date and an amount"),
        ("2026-12-01 50.00 AUD", "AUD", "line 1 must be a date and an amount"),
        ("2026-12-01 50.00\n2026-13-01 1", "AUD", "line 2: '2026-13-01' is not a real date"),
        ("01/12/2026 50.00", "AUD", "line 1: '01/12/2026' is not a date; use a format such as"),
        ("2026-W49-2 50.00", "AUD", "is not a date; use a format such as"),
        ("20261201 50.00", "AUD", "is not a date; use a format such as"),
        ("2026-12-01 50,00", "AUD", "line 1: '50,00' is not a valid amount in AUD"),
        ("2026-12-01 50.5", "JPY", "line 1: '50.5' is not a valid amount in JPY"),
        ("2026-12-01 1e3", "AUD", "is not a valid amount"),
    ],
)
def test_a_line_that_is_no_instalment_is_refused_with_its_number(text: str, currency: str, word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        read_parts(text, currency)


@pytest.mark.parametrize("text", ["", "three", "-1", "1.5", "1000", "٣"])
def test_a_count_is_a_number_in_digits(text: str) -> None:
    with pytest.raises(BadPlan, match="number of instalments"):
        read_count(text)


def test_a_missing_date_is_said_to_be_missing() -> None:
    with pytest.raises(BadPlan, match="enter a date"):
        read_day(" ")


@pytest.mark.parametrize("cadence", Cadence)
def test_dates_beyond_the_calendar_are_refused(cadence: Cadence) -> None:
    with pytest.raises(BadPlan, match="beyond the last possible date"):
        dates(date(9999, 12, 20), 3, cadence)
