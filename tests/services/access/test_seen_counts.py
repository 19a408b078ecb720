"""What is counted and summed by sets is of the issuers that somebody sees, as are the rows."""

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.models import MessageState
from paymail.services.forecast.ahead import ahead
from paymail.services.lists import invoice_pages, message_pages, nav_counts, view_counts
from paymail.services.lists.debts import debts
from paymail.services.lists.invoice_filter import InvoiceFilter, from_text
from tests.factories import NOW
from tests.services.access.two_issuers_rows import OURS, THEIRS, as_of, make_invoices, message


@pytest.fixture
def two(engine: Engine) -> Engine:
    """An invoice of each of two issuers, both overdue, whose newest email bounced."""
    make_invoices(engine, email="books@shared.example", due_in=-40)
    with db.transaction(engine) as session:
        for invoice_id in (OURS, THEIRS):
            message(session, invoice_id, state=MessageState.SCHEDULED, attempts=0)
            message(session, invoice_id, state=MessageState.BOUNCED)
    return engine


@pytest.mark.parametrize(("issuers", "seen"), [((1,), 1), ((1, 2), 2), ((), 0)])
def test_counts_and_sums_are_of_the_issuers_that_are_seen(
    two: Engine, issuers: tuple[int, ...], seen: int
) -> None:
    with db.reading(two) as session:
        as_of(session, *issuers)
        owed = debts(session, now=NOW)
        assert (owed.all.count, owed.bounced.count, owed.overdue.count) == (seen, seen, seen)
        assert nav_counts.waiting(session, now=NOW).emails == seen
        counts = [view.count for view in view_counts.counted(session, now=NOW)]
        assert counts == [seen, 0, seen, seen, None]
        for text in ("", "q=books@shared.example", f"q={THEIRS}", "delivery=bounced", "overdue=any"):
            wanted = from_text(text)
            there = int(2 in issuers) if text == f"q={THEIRS}" else seen
            found = invoice_pages.sums(session, wanted=wanted, now=NOW, most=100)
            assert sum(one.count for one in found) == there, text
            assert len(invoice_pages.page(session, wanted=wanted, now=NOW).rows) == there, text
        assert message_pages.messages(session, wanted=message_pages.Wanted()).total == 2 * seen
        assert ahead(session, now=NOW, days=90).written == seen


def test_a_sum_that_is_bounded_stops_at_one_more(two: Engine) -> None:
    with db.reading(two) as session:
        (sums,) = invoice_pages.sums(session, wanted=InvoiceFilter(), now=NOW, most=0)
        assert sums.count == 1
        (all_,) = invoice_pages.sums(session, wanted=InvoiceFilter(), now=NOW)
        assert all_.count == 2
