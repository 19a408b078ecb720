"""Planning, forecast and hand-over give one answer, whatever the policy, the situation and the instant."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymail.emails import Tone
from paymail.services.core.calendar import BusinessCalendar
from paymail.services.forecast.expected_reminders import expected
from paymail.services.reminders import ladder
from paymail.services.reminders.decision import decide
from paymail.services.reminders.ladder import Rung
from paymail.services.reminders.permission import CLEARING, Answer, Hold, Reminder, Situation, may_go
from paymail.services.reminders.policy import Policy, Step, schedule

FIRST = datetime(2026, 4, 1, tzinfo=UTC)
ZONE = ZoneInfo("Australia/Sydney")
CALENDAR = BusinessCalendar(ZONE, "AU", "NSW", time(9), time(20), time(8))
INSTANTS = st.integers(0, 60 * 24 * 4).map(lambda quarter: FIRST + timedelta(minutes=15 * quarter))
MORNINGS = st.integers(0, 40).map(lambda day: CALENDAR.morning(FIRST.date() + timedelta(days=day)))
DAYS = st.integers(0, 40).map(lambda day: FIRST.date() + timedelta(days=day))
HOLDS = st.one_of(
    st.just(CLEARING),
    st.builds(Hold, st.just("disputed")),
    st.builds(Hold, st.just("promised"), INSTANTS),
    st.builds(Hold, st.just("the invoice email failed"), st.none(), st.just(timedelta(hours=1))),
)


def rarely(values: st.SearchStrategy[object], otherwise: object) -> st.SearchStrategy[object]:
    """Draw `otherwise` mostly, so that the other rules have their turn too."""
    return st.one_of(st.just(otherwise), st.just(otherwise), st.just(otherwise), values)


POLICIES = st.builds(
    Policy,
    st.just(CALENDAR),
    st.sets(st.integers(-5, 25), min_size=1, max_size=5).map(
        lambda days: tuple(Rung(day, Tone.DUE) for day in sorted(days))
    ),
    minimum=rarely(st.just(9000), 0),
    cap=st.integers(0, 4),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Policy, Situation, datetime]:
    """Return a policy, a situation and an instant; the situation's ended steps are of the policy's."""
    policy = draw(POLICIES)
    dues = tuple(sorted(draw(st.sets(DAYS, min_size=1, max_size=2))))
    keys = [step.key for step in schedule(policy, *dues)]
    facts = Situation(
        dues=dues,
        balance=8250,
        not_owed=draw(rarely(st.just("the invoice is paid"), "")),
        reminders_from=draw(rarely(INSTANTS, FIRST - timedelta(days=30))),
        switched_off=draw(rarely(st.just("reminders are off for this invoice"), "")),
        holds=tuple(draw(rarely(st.lists(HOLDS, max_size=2), ()))),
        done=draw(st.frozensets(st.sampled_from(keys))),
        sent=draw(st.integers(0, 2)),
        invoice_sent_on=draw(rarely(DAYS, None)),
        invoice_due_at=draw(rarely(INSTANTS, None)),
        reminded_on=draw(rarely(DAYS, None)),
    )
    return policy, facts, draw(st.one_of(INSTANTS, MORNINGS))


def goes(policy: Policy, facts: Situation, step: Step, at: datetime) -> bool:
    return may_go(policy, facts, Reminder(step.due, step.rung.key), at).answer is Answer.GO


@given(cases())
def test_planning_sends_a_step_exactly_when_the_handover_lets_it_go(
    case: tuple[Policy, Situation, datetime],
) -> None:
    policy, facts, now = case
    decision = decide(policy, facts, now)
    for step in schedule(policy, *facts.dues):
        assert goes(policy, facts, step, now) == (decision.send == step)
    assert decision.send is not None or decision.reason or decision.look_at is not None
    assert decision.look_at is None or decision.look_at > now


@given(cases(), st.integers(1, 60))
def test_what_the_forecast_shows_as_going_is_let_go_then(
    case: tuple[Policy, Situation, datetime], days: int
) -> None:
    policy, facts, now = case
    for step, at in going(policy, facts, now, now + timedelta(days=days)):
        assert goes(policy, facts, step, at)
        # Nothing changes but that this one has gone out.
        day = at.astimezone(ZONE).date()
        facts = replace(facts, sent=facts.sent + 1, reminded_on=day, done={*facts.done, step.key})


def going(
    policy: Policy, facts: Situation, now: datetime, until: datetime
) -> Iterator[tuple[Step, datetime]]:
    for step, at, held in expected(policy, facts, now, until):
        assert (at is None) == bool(held)
        if at is not None:
            yield step, at


@given(cases())
def test_a_wait_ends_or_is_asked_about_again_and_every_silence_has_a_reason(
    case: tuple[Policy, Situation, datetime],
) -> None:
    policy, facts, now = case
    reminders = [Reminder(step.due, step.rung.key) for step in schedule(policy, *facts.dues)]
    for reminder in (*reminders, Reminder(by_hand=True), Reminder(date(2020, 1, 1), "7")):
        found = may_go(policy, facts, reminder, now)
        assert bool(found.reason) == (found.answer is not Answer.GO)
        assert (found.ask_at is not None) == (found.answer is Answer.WAIT)
        assert found.ask_at is None or found.ask_at > now
        assert found.until is None or found.until > now


@given(cases())
def test_a_reminder_by_hand_is_stopped_by_payments_only(case: tuple[Policy, Situation, datetime]) -> None:
    policy, facts, now = case
    wanted = Answer.DROP if facts.not_owed else Answer.WAIT if CLEARING in facts.holds else Answer.GO
    assert may_go(policy, facts, Reminder(by_hand=True), now).answer is wanted


MORNING = CALENDAR.morning(date(2026, 4, 13))
"""When the step on the due date (Saturday, 11 April) goes out."""
STEP = Reminder(date(2026, 4, 11), "0")


def ask(reminder: Reminder = STEP, at: datetime = MORNING, **change: object) -> tuple[Answer, str]:
    facts = Situation((date(2026, 4, 11),), 8250, "", FIRST - timedelta(days=30))
    how = Policy(CALENDAR, ladder.DEFAULT, minimum=100, cap=2)
    found = may_go(how, replace(facts, **change), reminder, at)  # type: ignore[arg-type]
    return found.answer, found.reason


@pytest.mark.parametrize(
    ("change", "answer", "reason"),
    [
        ({"not_owed": "the invoice is void"}, Answer.DROP, "the invoice is void"),
        ({"switched_off": "reminders are off"}, Answer.DROP, "reminders are off"),
        ({"sent": 2}, Answer.DROP, "the maximum of 2 reminders has been reached"),
        ({"sent": 1}, Answer.GO, ""),
        ({"balance": 99}, Answer.DROP, "the balance is below the minimum for reminders"),
        (
            {"dues": (date(2026, 5, 11),)},
            Answer.DROP,
            "the due date has changed, or its instalment is paid",
        ),
        (
            {"reminders_from": MORNING + timedelta(minutes=1)},
            Answer.DROP,
            "it fell due before reminders started for this invoice, or while they were off",
        ),
        (
            {"invoice_sent_on": date(2026, 4, 13)},
            Answer.DROP,
            "the invoice was emailed on the same day",
        ),
        ({"reminded_on": date(2026, 4, 13)}, Answer.DROP, "another reminder was sent on the same day"),
        ({"reminded_on": date(2026, 4, 12)}, Answer.GO, ""),
        ({"done": {"2026-04-11:0"}}, Answer.DROP, "this step is already done"),
        ({"holds": (Hold("disputed"),)}, Answer.WAIT, "held: disputed"),
        ({"holds": (Hold("promised", MORNING),)}, Answer.GO, ""),
        ({"reminder": Reminder(date(2026, 4, 11), "5")}, Answer.DROP, "this step is no longer in the ladder"),
        ({"at": MORNING - timedelta(minutes=1)}, Answer.WAIT, "not due yet"),
        ({"at": MORNING + timedelta(hours=12)}, Answer.WAIT, "outside business hours"),
        ({"at": MORNING + timedelta(days=7)}, Answer.DROP, "replaced by a later step"),
    ],
)
def test_each_rule_has_its_answer_and_its_reason(
    change: dict[str, object], answer: Answer, reason: str
) -> None:
    assert ask(**change) == (answer, reason)  # type: ignore[arg-type]


def test_the_hold_that_lasts_longest_counts() -> None:
    holds = (Hold("promised", MORNING + timedelta(days=1)), Hold("staff", MORNING + timedelta(days=2)))
    assert ask(holds=holds) == (Answer.WAIT, "held: staff")
    assert ask(holds=(*holds, Hold("disputed"))) == (Answer.WAIT, "held: disputed")


def test_a_step_added_below_one_that_went_out_is_not_sent_after_it() -> None:
    facts = Situation((date(2026, 4, 11),), 8250, "", FIRST, done=frozenset({"2026-04-11:7"}))
    how = Policy(CALENDAR, ladder.parse("5:due, 7:friendly"))
    decision = decide(how, facts, CALENDAR.morning(date(2026, 4, 21)))
    assert decision.send is None
    assert [one.reason for one in decision.skipped] == ["replaced by a later step"]
