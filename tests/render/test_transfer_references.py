"""The reference that a bank transfer should name is one invoice's of its issuer, and one that banks take."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymail.documents import InvoiceDocument
from paymail.documents.references import transfer_reference
from paymail.services.letters.issued_documents import facts_of
from tests.render.test_pdf import INVOICE

NUMBERS = st.text(st.sampled_from("AaB12-_/ .#é٣"), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        ("502", "INV502"),
        ("2026-111", "INV2026-111"),
        ("20261-11", "INV20261-11"),
        ("INV502", "INVINV502"),
        ("inv-7", "INVinv-7"),
        ("2026/111", "INV2026-111--IHVYN"),
        ("2026 111", "INV2026-111--PQHF7"),
        ("№", "INV--UANP4"),
    ],
)
def test_of_a_number_it_keeps_what_every_bank_takes(number: str, reference: str) -> None:
    assert transfer_reference(number) == reference
    assert replace(INVOICE, number=number).reference == reference


@given(NUMBERS, NUMBERS)
def test_two_numbers_never_share_one_and_banks_take_each(one: str, other: str) -> None:
    first, second = transfer_reference(one), transfer_reference(other)
    assert (first == second) == (one == other)
    assert re.fullmatch(r"INV[A-Za-z0-9-]+", first)


def test_a_kept_paper_that_names_another_reference_is_another_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, parted = replace(INVOICE, number="502"), replace(INVOICE, number="2026-111")
    now = facts_of(plain), facts_of(parted)
    named = {"502": "INV502", "2026-111": "INV2026111"}
    monkeypatch.setattr(InvoiceDocument, "reference", property(lambda paper: named[paper.number]))
    assert facts_of(plain) == now[0]
    assert facts_of(parted) != now[1]
