"""Taking back an import beside everybody else: whoever comes second waits, and finds what is true then."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.orm import Session

from paymail import db
from paymail.db import make_engine
from paymail.errors import NotFound
from paymail.models import Import, Invoice, Message, PaymentAttempt
from paymail.services.core.contexts import Context, GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import deliveries
from paymail.services.imports import NotTakenBack, import_emails, take_back
from paymail.services.payments import checkout
from paymail.services.sending import bulk
from tests.lender import Lender
from tests.services.blocked import wait_until_blocked
from tests.services.imports.import_story import ImportStory, made


class Race(ImportStory):
    """Two that meet: one holds its transaction open until the other waits for it, or has passed it by."""

    def taking_back(self, import_id: int | None, other: Callable[[], object]) -> Future[object]:
        """Take an import back and, before the commit, let somebody else begin; return what came of that."""
        with ThreadPoolExecutor(1) as pool:
            begun: list[Future[object]] = []

            @contextmanager
            def held() -> Iterator[Session]:
                with db.transaction(self.engine) as session:
                    yield session
                    session.flush()
                    begun.append(pool.submit(other))
                    wait_until_blocked(self.engine, begun[0])

            take_back(Context(held, self.now), import_id=import_id or 0, actor="staff")
        return begun[0]


@pytest.fixture
def race(lender: Lender) -> Iterator[Race]:
    with lender.lend() as url:
        engine = make_engine(url)
        yield Race(engine)
        engine.dispose()


def token_of(race: Race) -> str:
    return race.invoice(7).payment_token or ""


def pay(race: Race, token: str) -> Callable[[], object]:
    context = GatewayContext(race.context.transaction, race.now, race.gateway)
    return lambda: checkout.start_payment(context, token=token)


def test_who_begins_to_pay_meanwhile_finds_no_invoice(race: Race) -> None:
    report = race.bring(*made(7))
    late = race.taking_back(report.import_id, pay(race, token_of(race)))
    with pytest.raises(NotFound):
        late.result()
    assert race.gateway.intents == {}


def begun(race: Race) -> PaymentAttempt:
    return PaymentAttempt(
        invoice_id=7,
        generation=1,
        account="acct_1",
        amount=8250,
        currency="AUD",
        idempotency_key="key",
        created_at=race.clock,
        updated_at=race.clock,
    )


def test_a_payment_that_began_first_keeps_the_import(race: Race) -> None:
    report = race.bring(*made(7, 8))
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(race.engine) as session:
            load_invoice(session, invoice_id=7, lock=True)
            late: Future[object] = pool.submit(lambda: race.take_back(report.import_id))
            wait_until_blocked(race.engine, late)
            session.add(begun(race))
        with pytest.raises(NotTakenBack, match="invoice 7: the customer has begun to pay it"):
            late.result()
    assert race.numbers() == ["7", "8", "502"]


def test_a_worker_hands_nothing_over_meanwhile(race: Race) -> None:
    report = race.bring(*made(7))
    race.send_one(7)
    late = race.taking_back(report.import_id, lambda: deliveries.sweep(race.context))
    late.result()
    assert race.mailer.delivered == []
    with db.reading(race.engine) as session:
        assert session.scalars(select(Message)).all() == []


def test_a_bulk_send_that_goes_on_meanwhile_skips_what_is_gone(race: Race) -> None:
    report = race.bring(*made(7, 8))
    with db.transaction(race.engine) as session:
        import_emails.send(session, import_id=report.import_id or 0, actor="staff", now=race.clock)
    race.taking_back(report.import_id, lambda: bulk.expand_all(race.context)).result()
    with db.reading(race.engine) as session:
        found = bulk.progress(session, bulk_id=1, now=race.clock)
    assert (found.bulk.queued, found.bulk.skipped) == (0, 2)


def test_of_two_who_take_back_at_once_the_second_changes_nothing(race: Race) -> None:
    report = race.bring(*made(7))
    second = race.taking_back(
        report.import_id, lambda: take_back(race.plain, import_id=report.import_id or 0, actor="other")
    )
    taken = second.result()
    assert isinstance(taken, Import)
    assert taken.taken_back_by == "staff"


def test_an_import_waits_and_then_makes_everything_anew(race: Race) -> None:
    first = race.bring(*made(7, 8))
    again = race.taking_back(first.import_id, lambda: race.bring(*made(7, 8)))
    assert again.result().created == 2  # type: ignore[attr-defined]
    with db.reading(race.engine) as session:
        assert set(session.scalars(select(Invoice.import_id))) == {None, 2}


def test_no_limit_of_time_stops_the_removal_of_a_large_import(race: Race) -> None:
    report = race.bring(*made(7))
    limits: list[str] = []

    @event.listens_for(race.engine, "before_cursor_execute")
    def _looked(connection: Connection, cursor: Any, statement: str, *_more: object) -> None:
        if statement.startswith("DELETE FROM invoices"):
            cursor.execute("SHOW statement_timeout")
            limits.append(cursor.fetchone()[0])

    race.take_back(report.import_id)
    with race.engine.connect() as connection:
        limits.append(connection.scalar(text("SHOW statement_timeout")))
    assert limits == ["0", "30s"]
