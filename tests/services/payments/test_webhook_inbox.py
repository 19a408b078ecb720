"""Events that were given up are shown and told, and any event can be worked on again."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.errors import Unavailable
from paymail.models import GatewayEvent, GatewayEventState, Message, TimelineEvent
from paymail.ports.payments import Intent
from paymail.services.payments import gateway_events, webhook_inbox
from paymail.services.payments.gateway_events import EventFilter, NoSuchEvent
from tests.factories import LedgerGateway
from tests.services.ledger import Books

RECEIVED, DONE, IGNORED, DEAD = GatewayEventState


@pytest.fixture
def books(engine: Engine) -> Books:
    return Books(engine)


class Away(LedgerGateway):
    """Stripe during an outage."""

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        raise Unavailable("Stripe could not be reached in time")


def paid_event(books: Books) -> str:
    event = books.happen(books.gateway.succeed(books.start().id).id)
    books.receive(event)
    return event.id


def give_up(books: Books) -> None:
    away = replace(books.context, gateway=Away())
    for _ in range(webhook_inbox.MAX_EVENT_ATTEMPTS):
        webhook_inbox.work_events(away)
        books.move(hours=2)


def again(books: Books, event_id: str) -> None:
    with db.transaction(books.engine) as session:
        gateway_events.reprocess(session, event_id=event_id, actor="staff@x.example", now=books.clock)


def row(books: Books, event_id: str) -> GatewayEvent:
    with db.reading(books.engine) as session:
        return session.get_one(GatewayEvent, event_id)


def test_an_event_that_is_given_up_is_told_to_staff_once(books: Books) -> None:
    event_id = paid_event(books)
    give_up(books)
    assert row(books, event_id).state is DEAD
    again(books, event_id)
    give_up(books)
    assert row(books, event_id).state is DEAD
    (notice,) = books.notices()
    assert "payment_intent.succeeded" in notice.detail
    assert "Stripe could not be reached in time" in notice.detail
    assert notice.invoice_id == 502


def test_an_event_of_nobodys_payment_tells_nobody(books: Books) -> None:
    event = books.happen("pi_notours")
    books.receive(event)
    webhook_inbox.work_events(books.context)
    assert row(books, event.id).state is IGNORED
    assert books.count(Message) == 0


def test_a_dead_event_is_worked_on_again_with_all_its_tries(books: Books) -> None:
    event_id = paid_event(books)
    give_up(books)
    again(books, event_id)
    found = row(books, event_id)
    assert (found.state, found.attempts, found.next_at) == (RECEIVED, 0, books.clock)
    webhook_inbox.work_events(books.context)
    assert row(books, event_id).state is DONE
    assert (books.payments(), books.receipts()) == (1, 1)


def test_working_on_a_done_event_again_changes_no_money(books: Books) -> None:
    event_id = paid_event(books)
    webhook_inbox.work_events(books.context)
    for _ in range(3):
        again(books, event_id)
        webhook_inbox.work_events(books.context)
    assert (books.payments(), books.receipts(), books.invoice().amount_paid) == (1, 1, 8250)
    assert row(books, event_id).state is DONE


def test_an_event_that_waits_for_its_next_try_is_hurried(books: Books) -> None:
    event_id = paid_event(books)
    for _ in range(9):
        webhook_inbox.work_events(replace(books.context, gateway=Away()))
        books.move(hours=2)
    books.move(hours=-2)
    assert webhook_inbox.work_events(books.context) == 0
    again(books, event_id)
    assert webhook_inbox.work_events(books.context) == 1
    assert books.payments() == 1


def test_who_asked_for_it_is_in_the_invoices_history(books: Books) -> None:
    event_id = paid_event(books)
    webhook_inbox.work_events(books.context)
    again(books, event_id)
    with db.reading(books.engine) as session:
        entry = session.scalars(select(TimelineEvent).where(TimelineEvent.kind == "event_reprocessed")).one()
    assert (entry.actor, entry.invoice_id, event_id in entry.detail) == ("staff@x.example", 502, True)


def test_an_unknown_event_cannot_be_worked_on(books: Books) -> None:
    with pytest.raises(NoSuchEvent):
        again(books, "evt_unknown")


def test_lists_go_by_cursor_and_miss_and_repeat_nothing(books: Books) -> None:
    intent = books.start()
    for number in range(7):
        books.receive(books.happen(intent.id))
        if number % 2:
            books.move(seconds=1)
    seen: list[str] = []
    after: str | None = ""
    with db.reading(books.engine) as session:
        while after is not None:
            rows, after = gateway_events.slice_of(session, wanted=EventFilter(), limit=2, after=after)
            seen += [found.event.event_id for found in rows]
    assert seen == [f"evt_{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (EventFilter(), 3),
        (EventFilter(state=DONE), 1),
        (EventFilter(state=IGNORED), 2),
        (EventFilter(type="charge.refunded"), 1),
        (EventFilter(intent_id="pi_notours"), 1),
        (EventFilter(invoice_id=502), 1),
        (EventFilter(invoice_id=7), 0),
    ],
)
def test_a_filter_shows_what_matches(books: Books, wanted: EventFilter, expected: int) -> None:
    paid_event(books)
    books.receive(books.happen("pi_notours"))
    books.receive(books.happen("", "charge.refunded"))
    webhook_inbox.work_events(books.context)
    with db.reading(books.engine) as session:
        assert len(gateway_events.slice_of(session, wanted=wanted, limit=9)[0]) == expected
