"""How many statements use cases cost. The numbers may only fall: who needs fewer writes the new one down.

What works through many invoices has a handful per some hundred of them, however many these are.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, update

from paymail import db
from paymail.models import Invoice
from paymail.services.core.contexts import GatewayContext
from paymail.services.customers import retention
from paymail.services.outbox import blobs
from paymail.services.payments import checkout, settlement
from paymail.services.reminders import by_hand, planner
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from tests.factories import NOW, make_invoice
from tests.services.imports.import_story import ImportStory, made

Work = Callable[[], object]
NO_QUESTION = ("BEGIN", "PRAGMA")
"""What begins a transaction or a connection on SQLite; on PostgreSQL the driver does."""


class Prepared(ImportStory):
    """Invoice 502, and what comes before what is counted."""

    def one_email(self) -> Work:
        return lambda: self.send_one(502)

    def a_reminder_by_hand(self) -> Work:
        return lambda: self.change(
            lambda s: by_hand.remind_by_hand(s, invoice_id=502, actor="staff", now=self.clock)
        )

    def bulk_of(self, count: int) -> Work:
        self.invoices(count)
        with db.transaction(self.engine) as session:
            bulk.start(session, selection=Selection(currency="AUD"), actor="staff", now=self.clock)
        return lambda: bulk.expand_all(self.context)

    def plan_of(self, count: int) -> Work:
        self.invoices(count)
        self.at("2026-03-18T12:00")
        return lambda: planner.plan_due(self.context)

    def a_payment(self) -> Work:
        context = GatewayContext(self.context.transaction, self.now, self.gateway)
        intent = checkout.start_payment(context, token=self.invoice().payment_token or "")
        paid = self.gateway.succeed(intent.id)
        return lambda: self.change(lambda s: settlement.settle(s, intent=paid, source="test", now=self.clock))

    def import_of(self, count: int) -> Work:
        return lambda: self.bring(*made(*range(2001, 2001 + count)))

    def import_again(self, count: int) -> Work:
        self.import_of(count)()
        return self.import_of(count)

    def old_contents(self, count: int) -> Work:
        with db.transaction(self.engine) as session:
            for number in range(count):
                blobs.keep(session, content=str(number).encode(), now=NOW)
        return lambda: retention.run(self.context_at(NOW + timedelta(days=400)), days=365)

    def invoices(self, count: int) -> None:
        """Have `count` invoices that are owed, and whose first reminder is due on the next day."""
        with db.transaction(self.engine) as session:
            session.execute(update(Invoice).values(next_reminder_at=None, amount_paid=Invoice.total))
            for number in range(1001, 1001 + count):
                make_invoice(session, invoice_id=number, name=f"Customer {number}", reminders=True, due_in=1)


COSTS: dict[str, tuple[Callable[[Prepared], Work], int, int]] = {
    "one email queued": (lambda story: story.one_email(), 6, 6),
    "one reminder by hand": (lambda story: story.a_reminder_by_hand(), 8, 8),
    "a bulk send of 20": (lambda story: story.bulk_of(20), 9, 9),
    "a bulk send of 100": (lambda story: story.bulk_of(100), 12, 12),
    "planning 20": (lambda story: story.plan_of(20), 12, 12),
    "planning 100": (lambda story: story.plan_of(100), 25, 25),
    "a payment settled": (lambda story: story.a_payment(), 19, 19),
    "an import of 20": (lambda story: story.import_of(20), 31, 32),
    "an import of 100": (lambda story: story.import_of(100), 111, 112),
    "the same import of 100 again": (lambda story: story.import_again(100), 8, 9),
    "retention of 20 contents": (lambda story: story.old_contents(20), 3, 3),
    "retention of 200 contents": (lambda story: story.old_contents(200), 5, 5),
}
"""What is counted, and the statements that it costs on SQLite and on PostgreSQL."""


@pytest.mark.parametrize("name", COSTS)
def test_a_use_case_costs_no_more_statements_than_it_did(engine: Engine, name: str) -> None:
    prepare, on_sqlite, on_postgresql = COSTS[name]
    work = prepare(Prepared(engine))
    heard: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: heard.append(" ".join(given[2].split())))
    work()
    asked = [one for one in heard if not one.startswith(NO_QUESTION)]
    written_down = on_sqlite if engine.dialect.name == "sqlite" else on_postgresql
    assert len(asked) == written_down, "\n".join([f"{name}: {len(asked)}", *(one[:200] for one in asked)])
