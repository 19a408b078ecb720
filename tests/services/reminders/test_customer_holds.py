"""A hold of all reminders of a customer holds every invoice of it, and is kept with who placed it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Customer, Invoice
from paymail.services.core import customer_history
from paymail.services.core.invoices import PARTIES_AND_PLAN
from paymail.services.customers import merger
from paymail.services.reminders import customer_holds, situation
from paymail.services.reminders.customer_holds import HoldWithoutReason
from paymail.services.reminders.holds import HoldInThePast
from tests.factories import NOW, make_invoice

LATER = NOW + timedelta(days=3)
UNTIL = NOW + timedelta(days=7)


class Held:
    """A customer with two invoices, and what holds the reminders of each."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with db.transaction(engine) as session:
            made = [make_invoice(session, invoice_id=number, name=f"C{number}") for number in (502, 503)]
            self.customer = made[0].customer_id
            made[1].customer_id = self.customer

    def hold(self, **more: object) -> None:
        asked = {"reason": "Address bounced", "until": UNTIL} | more
        with db.transaction(self.engine) as session:
            customer_holds.hold(session, customer_id=self.customer, actor="ann", now=NOW, **asked)  # type: ignore[arg-type]

    def release(self) -> bool:
        with db.transaction(self.engine) as session:
            return customer_holds.release(session, customer_id=self.customer, actor="ben", now=LATER)

    def reasons(self, now: object = NOW) -> list[str]:
        with db.reading(self.engine) as session:
            statement = select(Invoice).options(*PARTIES_AND_PLAN)
            invoices = [(one, ()) for one in session.scalars(statement).unique()]
            found = situation.gather(session, invoices=invoices, now=now)  # type: ignore[arg-type]
            return [hold.reason for one in found.values() for hold in one.holds]

    def history(self) -> list[tuple[str, str, str]]:
        with db.reading(self.engine) as session:
            found = customer_history.changes_of(session, customer_id=self.customer)
            return [(one.actor, one.old, one.new) for one in found]


@pytest.fixture
def held(engine: Engine) -> Held:
    return Held(engine)


def test_every_invoice_waits_until_the_hold_ends_by_itself(held: Held) -> None:
    held.hold()
    assert held.reasons() == ["all reminders to this customer (Address bounced)"] * 2
    assert held.reasons(UNTIL) == []


def test_a_release_ends_it_and_the_history_says_who_did_what(held: Held) -> None:
    held.hold()
    held.hold()
    assert held.release() is True
    assert held.release() is False
    assert held.reasons() == []
    until = "2026-03-24T01:00+00:00"
    assert held.history() == [
        ("ben", f"Address bounced, until {until}", ""),
        ("ann", "", f"Address bounced, until {until}"),
    ]


def test_the_ladder_looks_again_and_what_waits_is_asked_again(held: Held) -> None:
    held.hold()
    with db.reading(held.engine) as session:
        assert set(session.scalars(select(Invoice.next_reminder_at))) == {NOW}


def test_what_holds_nothing_is_refused(held: Held) -> None:
    with pytest.raises(HoldWithoutReason):
        held.hold(reason=" ")
    with pytest.raises(HoldInThePast):
        held.hold(until=NOW)
    assert held.reasons() == []


def test_a_merger_keeps_the_hold(held: Held) -> None:
    held.hold()
    with db.transaction(held.engine) as session:
        stays = make_invoice(session, invoice_id=504, name="Stays").customer_id
    with db.transaction(held.engine) as session:
        merger.merge(session, customer_id=held.customer, into=stays, actor="ann", now=NOW)
    assert held.reasons() == ["all reminders to this customer (Address bounced)"] * 3


@pytest.mark.parametrize(
    ("theirs", "own", "kept"),
    [(None, UNTIL, None), (UNTIL, LATER, UNTIL), (LATER, UNTIL, UNTIL), (UNTIL, None, None)],
)
def test_of_two_holds_a_merger_keeps_the_one_that_ends_later(
    held: Held, theirs: datetime | None, own: datetime | None, kept: datetime | None
) -> None:
    held.hold(until=theirs, reason="Theirs")
    with db.transaction(held.engine) as session:
        stays = make_invoice(session, invoice_id=504, name="Stays").customer_id
    with db.transaction(held.engine) as session:
        customer_holds.hold(session, customer_id=stays, reason="Own", until=own, actor="ben", now=NOW)
    with db.transaction(held.engine) as session:
        merger.merge(session, customer_id=held.customer, into=stays, actor="ann", now=NOW)
    with db.reading(held.engine) as session:
        customer = session.get_one(Customer, stays)
        assert (customer.held_until, customer.held_reason) == (kept, "Own" if kept == own else "Theirs")
        told = customer_history.changes_of(session, customer_id=stays)[0]
        assert told.new.startswith(f"{customer.held_reason}, until {kept.date() if kept else 'released'}")
        assert (told.actor, told.old.startswith("Own, until")) == (
            ("ben", False) if kept == own else ("ann", True)
        )
