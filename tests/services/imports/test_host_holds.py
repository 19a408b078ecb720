"""Nobody is reminded of what the host calls paid or void, even where its record cannot come in."""

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.models import HoldReason, ReminderHold
from paymail.services.reminders import holds
from tests.factories import NOW
from tests.services.imports.host_files import Row
from tests.services.imports.host_story import PAID, VOID, HostStory

UNREADABLE: Row = {"due_date": "31.4.2026"}


@pytest.fixture
def story(engine: Engine) -> HostStory:
    return HostStory(engine)


def in_force(story: HostStory) -> list[ReminderHold]:
    with db.reading(story.engine) as session:
        return holds.in_force(session, invoice_ids=[story.number], now=NOW)


@pytest.mark.parametrize(
    ("refused", "what"),
    [(PAID | UNREADABLE, "paid"), (VOID | UNREADABLE, "void")],
    ids=["paid", "void"],
)
def test_reminders_wait_for_a_refused_record_that_says_paid_or_void(
    story: HostStory, refused: Row, what: str
) -> None:
    story.bring()
    for _night in range(2):
        report = story.bring(refused)
        assert report.skipped == 1
        assert f"the host says it is {what}" in report.kept[-1].reason
    (hold,) = in_force(story)
    assert (hold.reason, hold.until) == (HoldReason.HOST, None)
    assert what in hold.detail
    assert len(story.all(ReminderHold)) == 1  # type: ignore[attr-defined]  # each night finds it in force


def test_reminders_wait_for_a_void_that_money_on_its_way_refuses(story: HostStory) -> None:
    story.bring()
    story.debit()
    story.bring(VOID)
    assert [hold.reason for hold in in_force(story)] == [HoldReason.HOST]


def test_the_hold_ends_when_the_record_comes_in(story: HostStory) -> None:
    story.bring()
    story.bring(PAID | UNREADABLE)
    story.bring()
    assert in_force(story) == []
    assert story.money() == ("unpaid", 0, 8250)


def test_a_refused_record_of_what_is_owed_holds_nothing(story: HostStory) -> None:
    story.bring()
    story.bring(UNREADABLE)
    assert in_force(story) == []


def test_what_is_paid_here_too_needs_no_hold(story: HostStory) -> None:
    story.bring(PAID)
    story.bring(PAID | UNREADABLE)
    assert in_force(story) == []
