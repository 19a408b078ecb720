"""The ladder: parsed exactly, and over ten years in five zones each step ends exactly once."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymail.emails import Tone
from paymail.services.core.calendar import BusinessCalendar
from paymail.services.reminders import ladder
from paymail.services.reminders.decision import decide
from paymail.services.reminders.ladder import BadLadder, Rung
from paymail.services.reminders.permission import Hold, Situation
from paymail.services.reminders.policy import Policy, schedule

ZONES = [
    ("Australia/Sydney", "AU", "NSW"),
    ("America/New_York", "US", "NY"),
    ("Europe/Berlin", "DE", "BE"),
    ("Asia/Kathmandu", "NP", ""),
    ("Pacific/Apia", "WS", ""),
]
FIRST, LAST = date(2020, 1, 1), date(2029, 12, 31)


def policy(zone: str = "Australia/Sydney", country: str = "AU", subdivision: str = "NSW") -> Policy:
    calendar = BusinessCalendar(ZoneInfo(zone), country, subdivision, time(9), time(20), time(8))
    return Policy(calendar, ladder.DEFAULT)


def situation(due: date = date(2026, 4, 10)) -> Situation:
    return Situation(dues=(due,), balance=8250, not_owed="", reminders_from=datetime(2000, 1, 1, tzinfo=UTC))


def local(text: str, zone: str = "Australia/Sydney") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def live_through(
    how: Policy, facts: Situation, start: datetime
) -> tuple[list[tuple[str, datetime]], list[str]]:
    """Follow one invoice as the sweep does: look, act, sleep until `look_at`. Returns sent and skipped."""
    now, sent, skipped = start, [], []
    for _ in range(60):
        decision = decide(how, facts, now)
        ended = [one.step.rung.key for one in decision.skipped]
        skipped += ended
        if decision.send is not None:
            sent.append((decision.send.rung.key, now))
            ended.append(decision.send.rung.key)
        done = {f"{facts.dues[0]}:{key}" for key in ended}
        facts = replace(facts, done=frozenset({*facts.done, *done}), sent=len(sent))
        if decision.look_at is None:
            return sent, skipped
        assert decision.look_at > now
        now = decision.look_at
    raise AssertionError("the ladder does not end")


@pytest.mark.parametrize(("zone", "country", "subdivision"), ZONES)
def test_over_ten_years_of_due_dates_each_step_is_sent_exactly_once(
    zone: str, country: str, subdivision: str
) -> None:
    how = policy(zone, country, subdivision)
    for offset in range((LAST - FIRST).days + 1):
        due = FIRST + timedelta(days=offset)
        start = datetime.combine(due - timedelta(days=30), time(), tzinfo=UTC)
        sent, skipped = live_through(how, situation(due), start)
        # Nepal closes for Dashain for longer than a week: steps that meet on its last morning are one.
        planned = schedule(how, due)
        met = [one.rung.key for one, then in pairwise(planned) if one.at == then.at]
        assert skipped == met, due
        assert country == "NP" or not met, due
        assert [key for key, _ in sent] == [s.rung.key for s in planned if s.rung.key not in met], due
        for key, at in sent:
            then = at.astimezone(how.calendar.zone)
            assert then.time() == time(9), due
            assert how.calendar.is_business_day(then.date()), due
            assert (then.date() < due) if key == "-3" else (then.date() >= due + timedelta(days=int(key))), (
                due
            )


def test_a_step_before_due_moves_back_and_the_others_move_on() -> None:
    # Due on Monday 28 December 2026, a holiday in lieu; Christmas Day is the Friday before.
    days = [
        step.at.astimezone(ZoneInfo("Australia/Sydney")).date()
        for step in schedule(policy(), date(2026, 12, 28))
    ]
    assert days[:2] == [date(2026, 12, 24), date(2026, 12, 29)]


def test_after_an_outage_one_reminder_goes_out_and_the_missed_are_recorded() -> None:
    decision = decide(policy(), situation(), local("2026-04-28T11:00"))
    assert decision.send is not None
    assert decision.send.rung.key == "14"
    assert [one.step.rung.key for one in decision.skipped] == ["-3", "0", "7"]


def test_an_outage_that_ends_at_night_waits_for_the_morning() -> None:
    decision = decide(policy(), situation(), local("2026-04-24T22:00"))  # Friday; Monday is Anzac Day in lieu
    assert decision.send is None
    assert decision.look_at == local("2026-04-28T09:00")
    assert decision.reason == "outside business hours"


def test_what_was_due_before_paymail_knew_the_invoice_is_owed_to_nobody() -> None:
    facts = replace(situation(), reminders_from=local("2026-04-20T08:00"))
    sent, skipped = live_through(policy(), facts, facts.reminders_from)
    assert [key for key, _ in sent] == ["14", "21"]
    assert skipped == []


def test_an_invoice_overdue_for_months_is_not_dunned_at_its_import() -> None:
    facts = replace(situation(), reminders_from=local("2027-01-05T08:00"))
    assert decide(policy(), facts, local("2027-01-05T10:00")).send is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"not_owed": "the invoice is paid"}, "the invoice is paid"),
        ({"switched_off": "reminders are off for this customer"}, "reminders are off for this customer"),
        ({"holds": (Hold("promised", local("2026-05-01T09:00")),)}, "held: promised"),
        ({"holds": (Hold("a payment is clearing"),)}, "held: a payment is clearing"),
        ({"sent": 10}, "the maximum of 10 reminders has been reached"),
        ({"balance": 99}, "the balance is below the minimum for reminders"),
    ],
)
def test_what_stands_against_a_reminder_is_said(change: dict[str, object], reason: str) -> None:
    how = replace(policy(), minimum=100)
    decision = decide(how, replace(situation(), **change), local("2026-04-10T09:00"))  # type: ignore[arg-type]
    assert decision.send is None
    assert decision.reason == reason


def test_a_hold_that_ends_lets_the_newest_step_go() -> None:
    facts = replace(situation(), holds=(Hold("promised", local("2026-04-20T09:00")),))
    now, ended = local("2026-04-10T09:00"), []
    while now < local("2026-04-20T09:00"):
        decision = decide(policy(), facts, now)
        assert decision.send is None
        ended += [one.step.rung.key for one in decision.skipped]
        facts = replace(facts, done=frozenset(f"{facts.dues[0]}:{key}" for key in ended))
        now = decision.look_at or now
    decision = decide(policy(), replace(facts, holds=()), now)
    assert decision.send is not None
    assert decision.send.rung.key == "7"
    assert ended == ["-3", "0"]


def test_no_reminder_follows_the_invoice_on_the_same_day() -> None:
    facts = replace(situation(), invoice_sent_on=date(2026, 4, 10), done=frozenset({"2026-04-10:-3"}))
    decision = decide(policy(), facts, local("2026-04-10T09:00"))
    assert decision.send is None
    assert decision.skipped[0].reason == "the invoice was emailed on the same day"


def test_two_steps_that_meet_on_one_day_are_one_reminder() -> None:
    how = replace(policy(), ladder=ladder.parse("-2:upcoming,-1:due"))
    # Due on Monday: both move back to Friday.
    decision = decide(how, situation(date(2026, 4, 20)), local("2026-04-17T09:00"))
    assert decision.send is not None
    assert decision.send.rung.key == "-1"
    assert [one.step.rung.key for one in decision.skipped] == ["-2"]


def test_a_ladder_is_read_in_any_order() -> None:
    found = ladder.parse(" 7:friendly, -3:upcoming,+21:final ")
    assert found == (Rung(-3, Tone.UPCOMING), Rung(7, Tone.FRIENDLY), Rung(21, Tone.FINAL))


@pytest.mark.parametrize(
    "text",
    ["", ",", "7", "7:angry", "x:due", "7:due,7:firm", "400:final", "-90:due", "1:due," * 13, "7:due;8:due"],
)
def test_a_ladder_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(BadLadder):
        ladder.parse(text)


@given(st.dictionaries(st.integers(-60, 365), st.sampled_from(list(Tone)), min_size=1, max_size=12))
def test_a_ladder_survives_being_written(steps: dict[int, Tone]) -> None:
    rungs = tuple(Rung(days, steps[days]) for days in sorted(steps))
    assert ladder.parse(ladder.write(rungs)) == rungs


def test_the_nearest_ladder_wins() -> None:
    assert ladder.effective("", "", "") == ladder.DEFAULT
    assert ladder.effective("", "5:firm", "7:final") == (Rung(5, Tone.FIRM),)
