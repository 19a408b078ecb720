"""The sample: dated from its first start, every page shows work, and a second start adds nothing."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from paymail.cli.sample_data import SAMPLE_SENDS, load_sample, send_sample
from paymail.cli.sample_workplace import load_workplace
from paymail.models import (
    Base,
    Invoice,
    InvoiceStatus,
    Message,
    MessageKind,
    MessageState,
    PaymentPlan,
    Refund,
)
from paymail.services.forecast.forecast import forecast
from paymail.services.lists import debts, overdue_age
from paymail.services.reminders.planner import plan_due
from tests.web.conftest import Biller


def start(biller: Biller) -> None:
    load_sample(biller.site.app)
    send_sample(biller.site.app)
    load_workplace(biller.site.app)


@pytest.fixture
def sample(biller: Biller) -> Biller:
    start(biller)
    return biller


def rows(biller: Biller) -> dict[str, int]:
    with biller.site.app.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_home_has_work_of_every_kind_for_a_person(sample: Biller) -> None:
    with sample.site.app.reading() as session:
        found = debts.debts(session, now=sample.clock)
        objected = debts.objected(session, now=sample.clock)
        owed = {age: debt.count for age, debt in found.ages.items()}
    assert (found.bounced.count, found.in_doubt.count, found.says_paid.count) == (1, 1, 1)
    assert (found.promise_broken.count, objected.count) == (1, 1)
    assert found.not_emailed.count
    assert {one.currency for one in found.all.owed} >= {"AUD", "NZD", "USD"}
    assert all(owed[age] for age in overdue_age.AGES)
    page = sample.get("/")
    for what in ("Bounced", "In doubt", "Customer objects", "Customer says it is paid", "Promise broken"):
        assert f'<span class="what">{what}</span>' in page
    assert len(re.findall(r'<button name="company" value="\d', page)) == 2


def test_its_invoices_are_due_from_before_last_month_to_next_month(sample: Biller) -> None:
    with sample.site.app.reading() as session:
        issued, due = session.execute(select(func.max(Invoice.issued_date), func.max(Invoice.due_date))).one()
        first = session.scalar(select(func.min(Invoice.due_date)))
        statuses = set(session.scalars(select(Invoice.status)))
    today = date(2026, 3, 17)
    assert today - timedelta(days=1) == issued
    assert today + timedelta(days=25) < due < today + timedelta(days=35)
    assert first is not None
    assert today - timedelta(days=200) < first < today - timedelta(days=60)
    assert statuses == set(InvoiceStatus)


def test_reminders_are_foreseen_and_none_goes_out_at_the_start(sample: Biller) -> None:
    app = sample.site.app
    plan_due(app.context(), limit=2000)
    reminders = [one for one in sample.messages() if one.kind is MessageKind.REMINDER]
    assert reminders == []
    with app.reading() as session:
        coming = forecast(session, now=sample.clock, days=14)
    assert sum(one.kind is MessageKind.REMINDER and not one.held for one in coming) >= 4


def test_money_went_both_ways(sample: Biller) -> None:
    with sample.site.app.reading() as session:
        assert session.scalar(select(func.count()).select_from(PaymentPlan)) == 1
        refund = session.scalars(select(Refund)).one()
        voided = session.scalar(select(func.count()).where(Invoice.voided_at.is_not(None)))
        written_off = session.scalar(select(func.sum(Invoice.amount_written_off)))
        kinds = {one.kind for one in session.scalars(select(Message))}
    assert (refund.credit_note, voided, written_off) == (1, 1, 9251)
    assert kinds >= {MessageKind.RECEIPT, MessageKind.REFUND, MessageKind.PLAN, MessageKind.NOTICE}


def test_a_second_start_on_another_day_adds_and_moves_nothing(sample: Biller) -> None:
    before, mailed = rows(sample), [one.message_id for one in sample.messages()]
    sample.move(days=3)
    start(sample)
    assert rows(sample) == before
    assert [one.message_id for one in sample.messages()] == mailed


def test_a_start_that_was_cut_short_is_made_good(biller: Biller) -> None:
    load_sample(biller.site.app)
    biller.move(days=1)
    start(biller)
    states = [one.state for one in biller.messages()]
    assert (states.count(MessageState.BOUNCED), states.count(MessageState.UNKNOWN)) == (1, 1)


def test_invoices_of_ones_own_are_not_taken_for_the_samples(biller: Biller) -> None:
    biller.site.invoice(int(SAMPLE_SENDS[0]))
    biller.site.change(int(SAMPLE_SENDS[0]), number="A-1")
    start(biller)
    with biller.site.app.reading() as session:
        own = session.scalars(select(Message).where(Message.invoice_id == int(SAMPLE_SENDS[0]))).all()
    assert own == []
