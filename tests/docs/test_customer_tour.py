"""The customer tour can be made: each of its cases comes about, and says which fault it stands for."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from paymail.mail import reader
from paymail.render.letter_writer import LetterWriter
from paymail.wiring import TEMPLATES
from tests.docs.customer_account import Account
from tests.docs.customer_shots import Email, Paper
from tests.docs.customer_tour import CASES, Case, account_opened
from tests.render.sent_bytes import NoPdf


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """One whose emails bring no real PDF along: drawing them is tested elsewhere."""
    with account_opened() as found:
        found.shop.app = replace(found.shop.app, writer=LetterWriter(TEMPLATES, NoPdf()))
        yield found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_case_of_the_customer_tour_comes_about(account: Account, case: Case) -> None:
    shots = list(case(account))
    assert case.__doc__
    assert shots
    assert all(shot.pdf.startswith(b"%PDF-") for shot in shots if isinstance(shot, Paper))
    assert all("<h1" in reader.take_apart(shot.mime).html for shot in shots if isinstance(shot, Email))
