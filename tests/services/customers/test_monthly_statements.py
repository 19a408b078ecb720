"""Once a month whoever owes gets one statement: on the issuer's business day, in bounded sets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import (
    Customer,
    HoldReason,
    Invoice,
    Issuer,
    Message,
    MessageState,
    PaymentStatus,
    Restore,
)
from paymail.services.core.contexts import Context
from paymail.services.core.issuers import find_issuer
from paymail.services.customers import monthly_statements, statement_emails
from paymail.services.forecast.forecast import forecast
from paymail.services.issuers import issuer_settings
from paymail.services.outbox import suppressions
from paymail.services.reminders import holds
from tests.factories import NOW, make_invoice

MORNING = datetime(2026, 3, 22, 22, tzinfo=UTC)
"""Nine on Monday the 23rd in Sydney: the 21st is a Saturday."""


class Debtors:
    """Six customers with an invoice each, one of them paid; the second owes yen too. The day is the 21st."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now = engine, NOW
        self.context = Context(lambda: db.transaction(engine), lambda: self.now)
        with db.transaction(engine) as session:
            made = [make_invoice(session, invoice_id=500 + n, name=f"C{n}") for n in range(1, 7)]
            yen = make_invoice(session, invoice_id=507, name="C7", currency="JPY")
            yen.customer_id = made[1].customer_id
            made[5].amount_paid = made[5].total
        self.set_day(21)

    def set_day(self, day: int | None) -> None:
        with db.transaction(self.engine) as session:
            issuer = find_issuer(session, ref="1")
            issuer_settings.set_up_issuer(
                session, issuer=issuer, changes={"statement_day": day}, actor="amy", now=self.now
            )

    def customer(self, invoice_id: int, **values: object) -> None:
        with db.transaction(self.engine) as session:
            found = session.scalars(select(Customer).where(Customer.name == f"C{invoice_id - 500}")).one()
            for name, value in values.items():
                setattr(found, name, value)

    def run(self, at: datetime, *, limit: int = 50) -> int:
        self.now = at
        return monthly_statements.send_due(self.context, limit=limit)

    def mailed(self) -> list[tuple[int, MessageState]]:
        with db.reading(self.engine) as session:
            rows = session.scalars(select(Message).order_by(Message.message_id)).all()
            return [(one.invoice_id, one.state) for one in rows]


@pytest.fixture
def debtors(engine: Engine) -> Debtors:
    return Debtors(engine)


def test_who_owes_gets_one_in_each_currency_on_the_business_day_and_month(debtors: Debtors) -> None:
    assert debtors.run(MORNING - timedelta(seconds=1)) == 0
    assert debtors.run(MORNING) == 6
    assert sorted(number for number, _ in debtors.mailed()) == [501, 502, 503, 504, 505, 507]
    for later in (0, 1, 24):
        assert debtors.run(MORNING + timedelta(hours=later)) == 0
    debtors.set_day(24)
    assert debtors.run(MORNING + timedelta(days=1)) == 0
    assert debtors.run(datetime(2026, 4, 24, 0, tzinfo=UTC)) == 6


def test_sets_are_bounded_and_a_set_that_is_done_again_mails_nobody_twice(debtors: Debtors) -> None:
    turns = [debtors.run(MORNING, limit=2) for _ in range(5)]
    assert turns == [3, 2, 1, 0, 0]
    with db.transaction(debtors.engine) as session:
        session.query(Issuer).one().statements_after = 0  # as who died before the cursor moved
        session.query(Issuer).one().statements_done = None
    assert [debtors.run(MORNING) for _ in range(2)] == [0, 0]
    assert len(debtors.mailed()) == 6


def test_who_is_on_hold_off_erased_or_on_the_block_list_is_not_mailed(debtors: Debtors) -> None:
    debtors.customer(501, held_at=NOW)
    debtors.customer(502, reminders_off=True)
    debtors.customer(503, held_at=NOW, held_until=MORNING - timedelta(hours=1))
    debtors.customer(504, email="blocked@c.example")
    with db.transaction(debtors.engine) as session:
        suppressions.add(session, address="blocked@c.example", reason="asked", actor="amy", now=NOW)
    debtors.customer(505, erased_at=NOW)
    assert debtors.run(MORNING) == 1
    assert debtors.mailed() == [(503, MessageState.SCHEDULED), (504, MessageState.SUPPRESSED)]


def test_whose_invoices_are_all_on_hold_off_or_being_paid_gets_none(debtors: Debtors) -> None:
    with db.transaction(debtors.engine) as session:
        for invoice_id, until in ((501, None), (502, None), (503, MORNING - timedelta(hours=1))):
            holds.place(
                session,
                invoice_id=invoice_id,
                reason=HoldReason.PROMISED,
                actor="amy",
                now=NOW,
                until=until,
            )
        session.get_one(Invoice, 504).reminders_off = True
        session.get_one(Invoice, 505).payment_status = PaymentStatus.PROCESSING
    assert debtors.run(MORNING) == 3  # the second owes in yen too: the statement of the held one is theirs
    assert sorted(number for number, _ in debtors.mailed()) == [502, 503, 507]


def test_a_run_that_ended_unfinished_leaves_nobody_out_of_the_next(debtors: Debtors) -> None:
    assert debtors.run(MORNING, limit=2) == 3
    april = datetime(2026, 4, 21, 0, tzinfo=UTC)
    assert [debtors.run(april, limit=2) for _ in range(4)] == [3, 2, 1, 0]


def test_setting_the_day_on_that_day_or_late_mails_nobody(debtors: Debtors) -> None:
    debtors.set_day(None)
    debtors.now = MORNING + timedelta(hours=1)
    debtors.set_day(21)
    assert debtors.run(MORNING + timedelta(hours=2)) == 0
    assert debtors.run(MORNING + timedelta(days=8)) == 0
    assert debtors.mailed() == []


def test_after_an_outage_it_is_late_by_a_week_at_most(debtors: Debtors) -> None:
    assert debtors.run(MORNING + timedelta(days=7)) == 0
    assert debtors.run(MORNING + timedelta(days=6)) == 6


def test_what_a_backup_may_not_know_of_is_not_mailed_again(debtors: Debtors) -> None:
    with db.transaction(debtors.engine) as session:
        restored = MORNING + timedelta(hours=3)
        session.add(Restore(since=NOW, restored_at=restored))
    assert debtors.run(MORNING + timedelta(hours=4)) == 0
    assert debtors.run(datetime(2026, 4, 21, 0, tzinfo=UTC)) == 6


def test_a_broken_calendar_stops_nobody_else(debtors: Debtors) -> None:
    with db.transaction(debtors.engine) as session:
        session.query(Issuer).one().timezone = "Nowhere/Town"
    assert debtors.run(MORNING) == 0


def test_one_customer_who_cannot_be_written_to_keeps_nobody_else_from_theirs(
    debtors: Debtors, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = statement_emails.send_statement

    def failing(session: Session, *, currency: str, **more: Any) -> object:
        if currency == "JPY":
            raise ValueError
        return send(session, currency=currency, **more)

    monkeypatch.setattr(statement_emails, "send_statement", failing)
    assert [debtors.run(MORNING, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_the_forecast_says_who_gets_one_and_when(debtors: Debtors) -> None:
    debtors.customer(501, held_at=NOW)

    def foretold(now: datetime) -> list[tuple[int, int, datetime | None]]:
        with db.reading(debtors.engine) as session:
            rows = forecast(session, now=now, days=7)
        return [(one.invoice_id, one.balance.minor, one.at) for one in rows if one.kind == "statement"]

    assert [number for number, _, _ in foretold(NOW)] == [502, 503, 504, 505, 507]
    assert {(minor, at) for _, minor, at in foretold(NOW)} == {(8250, MORNING)}
    debtors.run(MORNING, limit=2)
    later = MORNING + timedelta(minutes=1)
    assert sorted(number for number, _, _ in foretold(later)) == [502, 503, 504, 505, 507]
    while debtors.run(later, limit=2):
        pass
    debtors.run(later)
    assert len(foretold(later)) == 5
