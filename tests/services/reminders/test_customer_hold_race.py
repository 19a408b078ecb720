"""A reminder that waits at its hand-over for a hold of the customer to be committed sees the hold."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from paymail import db
from paymail.db import make_engine
from paymail.models import MessageState
from paymail.services.delivery import deliveries
from paymail.services.reminders import customer_holds, planner
from tests.lender import Lender
from tests.services.blocked import wait_until_blocked
from tests.services.emailed_invoice import EmailedInvoice


@pytest.fixture
def emailed(lender: Lender) -> Iterator[EmailedInvoice]:
    """On PostgreSQL: SQLite has one writer at a time."""
    with lender.lend() as url:
        engine = make_engine(url)
        yield EmailedInvoice(engine)
        engine.dispose()


def test_a_hold_that_is_being_placed_stops_the_reminder(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-13T09:00")
    planner.plan_due(emailed.context)
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(emailed.engine) as session:
            customer_holds.hold(session, customer_id=1, reason="r", actor="ann", now=emailed.clock)
            session.flush()
            sweep: Future[object] = pool.submit(deliveries.sweep, emailed.context)
            wait_until_blocked(emailed.engine, sweep)
        sweep.result()
    assert emailed.mailer.delivered == []
    assert [one.state for one in emailed.messages("reminder")][-1] is MessageState.SCHEDULED
