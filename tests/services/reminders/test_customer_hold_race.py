"""A reminder that waits at its hand-over for a hold of the customer to be committed sees the hold."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from paymail import db
from paymail.models import MessageState
from paymail.services.delivery import deliveries
from paymail.services.reminders import customer_holds, planner
from tests.services.emailed_invoice import EmailedInvoice

BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def test_a_hold_that_is_being_placed_stops_the_reminder(emailed: EmailedInvoice) -> None:
    if emailed.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    emailed.at("2026-04-13T09:00")
    planner.plan_due(emailed.context)
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(emailed.engine) as session:
            customer_holds.hold(session, customer_id=1, reason="r", actor="ann", now=emailed.clock)
            session.flush()
            sweep = pool.submit(deliveries.sweep, emailed.context)
            while not sweep.done():
                with db.reading(emailed.engine) as looking:
                    if looking.scalar(BLOCKED):
                        break
        sweep.result()
    assert emailed.mailer.delivered == []
    assert [one.state for one in emailed.messages("reminder")][-1] is MessageState.SCHEDULED
