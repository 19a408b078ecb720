"""A bulk send writes many emails at once, each as if it had been sent alone, and as things stand then."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from paymail import db
from paymail.db import make_engine
from paymail.errors import PaymailError
from paymail.models import Invoice, Message, TimelineEvent
from paymail.services.core.contexts import Context
from paymail.services.customers import addresses
from paymail.services.payments import adjustments
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from paymail.services.sending.bulk.selection import matching
from paymail.services.sending.invoice_emails import send_invoice
from tests.factories import NOW, make_invoice
from tests.lender import Lender
from tests.services.blocked import wait_until_blocked
from tests.services.emailed_invoice import EmailedInvoice
from tests.services.random_book import RandomBook

BOOK = range(1, 41)
ALL = Selection(currency="AUD")
Written = tuple[list[tuple[object, ...]], list[tuple[object, ...]], list[int]]


def written(session: Session) -> Written:
    """Return all emails, all that histories say, and which invoices have a link."""
    session.flush()
    of_email = (Message.dedupe_key, Message.state, Message.next_at, Message.recipient, Message.destination)
    emails = session.execute(select(*of_email).order_by(Message.dedupe_key)).all()
    of_event = (TimelineEvent.invoice_id, TimelineEvent.kind, TimelineEvent.actor, TimelineEvent.detail)
    events = session.execute(
        select(*of_event).order_by(TimelineEvent.invoice_id, TimelineEvent.event_id)
    ).all()
    linked = select(Invoice.invoice_id).where(Invoice.payment_token.is_not(None))
    links = session.scalars(linked.order_by(Invoice.invoice_id)).all()
    return [tuple(one) for one in emails], [tuple(one) for one in events], list(links)


@pytest.mark.parametrize(("seed", "again"), [(1, False), (2, True)])
def test_a_set_is_queued_as_each_of_it_alone(engine: Engine, seed: int, again: bool) -> None:
    with db.transaction(engine) as session:
        book = RandomBook(session, seed)
        for number in BOOK:
            book.add(number)
    with Session(engine) as session:
        queued = 0
        chosen = session.scalars(matching(session, ALL).order_by(Invoice.invoice_id)).all()
        for number in chosen:
            try:
                one = send_invoice(session, invoice_id=number, actor="staff", now=NOW, at=NOW, again=again)
                queued += one.created
            except PaymailError:
                continue
        one_by_one = written(session)
        session.rollback()
    with db.transaction(engine) as session:
        begun = bulk.start(session, selection=ALL, actor="staff", now=NOW, again=again).bulk_id
    bulk.expand_all(Context(lambda: db.transaction(engine), lambda: NOW))
    with db.reading(engine) as session:
        assert written(session) == one_by_one
        kept = bulk.progress(session, bulk_id=begun, now=NOW).bulk
        assert (kept.queued, kept.skipped) == (queued, len(chosen) - queued)
    assert 0 < queued < len(BOOK)


def test_a_bulk_send_that_cannot_be_written_stops_no_other_and_goes_on_once_it_can(engine: Engine) -> None:
    with db.transaction(engine) as session:
        for number, currency in ((1, "AUD"), (2, "AUD"), (3, "NZD")):
            make_invoice(session, invoice_id=number, currency=currency)
        for code in ("AUD", "NZD"):
            bulk.start(session, selection=Selection(currency=code), actor="staff", now=NOW)
        status = "UPDATE invoices SET payment_status = :status WHERE invoice_id = 1"
        session.execute(text(status), {"status": "of a newer release"})
    context = Context(lambda: db.transaction(engine), lambda: NOW)
    emailed = select(Message.invoice_id).order_by(Message.invoice_id)
    bulk.expand_all(context)
    with db.transaction(engine) as session:
        assert session.scalars(emailed).all() == [3]
        session.execute(text(status), {"status": "unpaid"})
    bulk.expand_all(context)
    with db.reading(engine) as session:
        assert session.scalars(emailed).all() == [1, 2, 3]


@pytest.fixture
def served(lender: Lender) -> Iterator[EmailedInvoice]:
    """On PostgreSQL: SQLite has one writer at a time."""
    with lender.lend() as url:
        engine = make_engine(url)
        yield EmailedInvoice(engine)
        engine.dispose()


def test_what_changes_while_it_waits_for_a_lock_is_seen(served: EmailedInvoice) -> None:
    served.add_invoice(503)
    with db.transaction(served.engine) as session:
        bulk.start(session, selection=ALL, actor="staff", now=NOW)
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(served.engine) as session:
            addresses.change_email(session, customer_id=1, address="new@acme.example", actor="amy", now=NOW)
            adjustments.void(session, invoice_id=503, reason="twice", actor="amy", now=NOW)
            session.flush()
            writing: Future[object] = pool.submit(bulk.expand_all, served.context)
            wait_until_blocked(served.engine, writing)
        writing.result()
    (email,) = served.messages("invoice")
    assert (email.invoice_id, email.recipient) == (502, "new@acme.example")
