"""A statement says of open invoices beside a credit what is true of both, in the email and on paper."""

from dataclasses import replace

import pytest

from paymail.documents import Ages
from paymail.emails import StatementEmail
from paymail.money import Money
from tests.render.test_email_rendering import RENDERER, Reader
from tests.render.test_pdf import RENDERER as PDFS
from tests.render.test_pdf import text_of
from tests.render.test_pdf_archive import NOTHING, STATEMENT

OWED = Money(20625, "AUD")
SET_OFF = replace(StatementEmail.sample(), balance=NOTHING, credit=OWED)


def shown(email: StatementEmail) -> tuple[str, str]:
    """Return the words of the text and of the HTML, with what a list of emails shows of it first."""
    found = RENDERER.render(email)
    return " ".join(found.text.split()), " ".join(" ".join(Reader(found.html).words).split())


def test_open_invoices_that_a_credit_outweighs_are_not_nothing() -> None:
    for words in shown(SET_OFF):
        assert "There is nothing to pay." not in words
        assert "Balance AUD $0.00" in words
        assert "Credit on your account AUD $206.25" in words
        assert "These invoices are open" in words


def test_a_credit_alone_is_named_and_nothing_is_to_pay() -> None:
    for words in shown(replace(SET_OFF, balance=Money(-20625, "AUD"), invoices=(), overdue=NOTHING)):
        assert "There is nothing to pay." in words
        assert "Credit on your account AUD $206.25" in words


@pytest.mark.parametrize("balance", [NOTHING, STATEMENT.balance])
def test_the_paper_has_what_is_open_and_what_is_taken_off_it(balance: Money) -> None:
    ages = Ages(NOTHING, STATEMENT.balance, NOTHING, NOTHING)
    words = text_of(PDFS.render(replace(STATEMENT, balance=balance, ages=ages)))
    assert ("Credit on your account" in words) == ("Open invoices" in words) == (balance == NOTHING)
    assert "Bank transfer" in words


def test_without_a_credit_no_line_names_one() -> None:
    for words in shown(StatementEmail.sample()):
        assert "Credit on your account" not in words
