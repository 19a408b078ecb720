"""Planning many invoices at once decides of each as if it stood alone, and hurts none for another's sake."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from paymail import db
from paymail.db import make_engine
from paymail.errors import PaymailError
from paymail.models import Invoice, Message, MessageKind, MessageState, TimelineEvent
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import load_invoice
from paymail.services.reminders import planner, situation
from paymail.services.reminders.decision import Decision, decide
from tests.factories import NOW, make_invoice
from tests.lender import Lender
from tests.services.random_book import RandomBook

BOOK = 40
"""Invoices; a transaction of the planner has some of them here."""
LATER = NOW + timedelta(hours=1)
Written = dict[int, tuple[datetime | None, list[tuple[object, ...]], list[tuple[str, str]]]]
"""Of each invoice: when to look next, its reminders, and what its history says of them."""


def written(session: Session) -> Written:
    """Return all that planning writes."""
    session.flush()
    found: Written = {
        one.invoice_id: (one.next_reminder_at, [], []) for one in session.scalars(select(Invoice))
    }
    columns = (Message.dedupe_key, Message.state, Message.reason, Message.tone, Message.next_at, Message.held)
    for message in session.execute(select(Message.invoice_id, *columns).order_by(Message.dedupe_key)):
        found[message[0]][1].append(tuple(message[1:]))
    for event in session.scalars(select(TimelineEvent).order_by(TimelineEvent.event_id)):
        found[event.invoice_id][2].append((event.kind, event.detail))
    return found


@contextmanager
def undone(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


def alone(session: Session, invoice_id: int) -> Decision | None:
    """Decide of one invoice as `explain` and the hand-over do."""
    invoice = load_invoice(session, invoice_id=invoice_id)
    try:
        policy = situation.policy_of(invoice)
    except PaymailError:
        return None
    facts = situation.situation_of(session, invoice=invoice, steps=policy.ladder, now=LATER)
    return decide(policy, facts, LATER)


@pytest.mark.parametrize("seed", range(3))
def test_a_set_is_planned_as_each_of_it_alone(
    engine: Engine, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "AT_ONCE", 16)
    with db.transaction(engine) as session:
        book = RandomBook(session, seed)
        for number in range(1, BOOK + 1):
            book.add(number)
    with undone(engine) as session:
        decided = {number: alone(session, number) for number in range(1, BOOK + 1)}
        for number in range(1, BOOK + 1):
            assert planner.plan(session, invoice_id=number, now=LATER) == decided[number]
        one_by_one = written(session)
    assert planner.plan_due(Context(lambda: db.transaction(engine), lambda: LATER)) == BOOK
    with db.reading(engine) as session:
        assert written(session) == one_by_one
    answers = {bool(one and one.send) for one in decided.values()}
    assert answers == {True, False}


def two_due(engine: Engine) -> Context:
    with db.transaction(engine) as session:
        for number in (1, 2):
            make_invoice(session, invoice_id=number, reminders=True, due_in=1)
    return Context(lambda: db.transaction(engine), lambda: NOW + timedelta(days=1))


def reminders(engine: Engine) -> dict[int, list[MessageState]]:
    with db.reading(engine) as session:
        found: dict[int, list[MessageState]] = {}
        mine = select(Message.invoice_id, Message.state).where(Message.kind == MessageKind.REMINDER)
        for invoice_id, state in session.execute(mine.order_by(Message.message_id)):
            found.setdefault(invoice_id, []).append(state)
        return found


def test_one_that_cannot_be_read_holds_up_no_other(engine: Engine) -> None:
    context = two_due(engine)
    with db.transaction(engine) as session:
        session.execute(
            text("UPDATE invoices SET payment_status = 'of a newer release' WHERE invoice_id = 1")
        )
    assert planner.plan_due(context) == 2
    assert reminders(engine) == {2: [MessageState.SCHEDULED]}
    assert planner.plan_due(context) == 0  # the other one comes again in an hour


def test_a_reminder_at_its_hand_over_puts_the_next_one_off(engine: Engine) -> None:
    context = two_due(engine)
    planner.plan_due(context)
    with db.transaction(engine) as session:
        for message in session.scalars(select(Message).where(Message.invoice_id == 1)):
            message.state = MessageState.HANDOVER
        for invoice in session.scalars(select(Invoice)):
            invoice.next_reminder_at = NOW
    later = Context(context.transaction, lambda: NOW + timedelta(days=9))
    planner.plan_due(later)
    assert reminders(engine) == {
        1: [MessageState.HANDOVER],
        2: [MessageState.SUPPRESSED, MessageState.SCHEDULED],
    }
    with db.reading(engine) as session:
        assert session.get_one(Invoice, 1).next_reminder_at == later.now() + planner.HANDOVER_RECHECK


@pytest.fixture
def servers(lender: Lender) -> Iterator[Engine]:
    with lender.lend() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def passing_by(engine: Engine, locked: Callable[[Session], object], context: Context) -> int:
    """Plan while somebody else has a lock; return how many were looked at."""
    with ThreadPoolExecutor(1) as pool, db.transaction(engine) as session:
        locked(session)
        return pool.submit(planner.plan_due, context).result(60)


def test_a_locked_invoice_is_passed_by_and_comes_later(servers: Engine) -> None:
    context = two_due(servers)
    assert passing_by(servers, lambda s: load_invoice(s, invoice_id=1, lock=True), context) == 1
    assert reminders(servers) == {2: [MessageState.SCHEDULED]}
    assert planner.plan_due(context) == 1
    assert reminders(servers) == {1: [MessageState.SCHEDULED], 2: [MessageState.SCHEDULED]}


def test_a_reminder_in_a_workers_hands_is_not_waited_for(servers: Engine) -> None:
    context = two_due(servers)
    planner.plan_due(context)
    with db.transaction(servers) as session:
        for invoice in session.scalars(select(Invoice)):
            invoice.next_reminder_at = NOW
    later = Context(context.transaction, lambda: NOW + timedelta(days=9))
    held = select(Message).where(Message.invoice_id == 1).with_for_update()
    assert passing_by(servers, lambda s: s.scalars(held).all(), later) == 2
    assert reminders(servers)[1] == [MessageState.SCHEDULED]
    assert reminders(servers)[2] == [MessageState.SUPPRESSED, MessageState.SCHEDULED]
