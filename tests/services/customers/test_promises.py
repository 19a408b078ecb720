"""A customer's word lets reminders wait for a set time, tells staff once a day, and cannot do so for ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from paymail import db
from paymail.models import InvoiceStatus, PaymentStatus, ReminderHold, TimelineEvent
from paymail.services.core.history import history
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import erasure, promises
from paymail.services.customers.promises import BadPromise, NothingOwed, PageReplies, SaidEnough, TooLong
from paymail.services.links.lookup import LinkExpired, NoSuchLink
from paymail.services.reminders import holds
from paymail.services.reminders.holds import HoldReason
from tests.services.bench import Bench

TODAY = date(2026, 3, 17)
HOSTILE = "<script>alert(1)</script>\r\nBcc: all@x.example\x00 \u202e{{ 7*7 }}"


def claim(bench: Bench, text: str = "", token: str = "") -> None:
    which = token or bench.invoice().payment_token or ""
    bench.change(lambda s: promises.report_paid(s, token=which, text=text, now=bench.clock))


def promise(bench: Bench, day: date) -> None:
    which = bench.invoice().payment_token or ""
    bench.change(lambda s: promises.promise(s, token=which, day=day, now=bench.clock))


def holds_of(bench: Bench) -> list[ReminderHold]:
    with db.reading(bench.engine) as session:
        return holds.in_force(session, invoice_ids=[502], now=bench.clock)


def events(bench: Bench) -> list[TimelineEvent]:
    with db.reading(bench.engine) as session:
        return history(session, invoice_id=502)


def talk(bench: Bench) -> PageReplies:
    with db.reading(bench.engine) as session:
        return promises.replies_of(session, invoice=load_invoice(session, invoice_id=502), now=bench.clock)


def release(bench: Bench, reason: HoldReason | None = None) -> None:
    bench.change(lambda s: holds.lift(s, invoice_id=502, actor="vera", now=bench.clock, reason=reason))


def test_who_says_that_they_have_paid_is_not_reminded_for_a_week(bench: Bench) -> None:
    bench.at("2026-04-13 08:50")  # ten minutes before the reminder of the due date
    claim(bench, "by transfer on Friday")
    (hold,) = holds_of(bench)
    assert (hold.reason, hold.placed_by, hold.detail) == ("claimed", "customer", "by transfer on Friday")
    assert hold.until == bench.clock + timedelta(days=7)
    bench.at("2026-04-13 09:30")
    bench.turn()
    assert [m.kind for m in bench.messages() if m.state == "sent"] == ["notice"]
    bench.at("2026-04-20 09:30")
    bench.turn()
    assert [m.kind for m in bench.messages() if m.state == "sent"] == ["notice", "reminder"]


def test_a_promise_holds_to_the_end_of_its_day_by_the_issuers_calendar(bench: Bench) -> None:
    promise(bench, date(2026, 4, 14))
    (hold,) = holds_of(bench)
    assert (hold.reason, hold.placed_by) == ("promised", "customer")
    assert hold.until == datetime(2026, 4, 14, 14, 0, tzinfo=UTC)  # midnight in Sydney
    assert talk(bench).said == "promised"
    assert talk(bench).until == date(2026, 4, 14)
    bench.clock = hold.until
    assert (holds_of(bench), talk(bench).said) == ([], "")


@pytest.mark.parametrize("days", [-1, 61, -700_000, 2_000_000])
def test_a_day_that_is_past_or_too_far_away_is_refused_and_changes_nothing(bench: Bench, days: int) -> None:
    day = date.min if days < -10 else date.max if days > 100 else TODAY + timedelta(days=days)
    with pytest.raises(BadPromise, match="2026-03-17 to 2026-05-16"):
        promise(bench, day)
    assert (holds_of(bench), bench.messages(), bench.timeline()) == ([], [], [])


@pytest.mark.parametrize("days", [0, 60])
def test_today_and_the_sixtieth_day_may_be_promised(bench: Bench, days: int) -> None:
    promise(bench, TODAY + timedelta(days=days))
    assert len(holds_of(bench)) == 1


def test_today_is_the_issuers_today(bench: Bench) -> None:
    bench.at("2026-03-18 00:30")  # still the 17th in UTC
    with pytest.raises(BadPromise):
        promise(bench, TODAY)
    assert talk(bench).first_day == date(2026, 3, 18)


def test_staff_are_told_once_a_day_of_each_kind_and_can_read_what_was_said(bench: Bench) -> None:
    for text in ("", "", "by cheque"):
        claim(bench, text)
    promise(bench, TODAY)
    notices = bench.messages("notice")
    assert [notice.recipient for notice in notices] == ["billing@southern-it.example"] * 2
    assert "The customer says they have paid" in notices[0].detail
    assert "will pay on 2026-03-17" in notices[1].detail
    assert [hold.detail for hold in holds_of(bench) if hold.reason == "claimed"] == ["by cheque"]
    release(bench)
    bench.clock += timedelta(days=1)
    claim(bench, "again")
    assert len(bench.messages("notice")) == 3
    assert "They wrote: “again”" in bench.messages("notice")[2].detail


def test_the_timeline_says_that_it_was_the_customer(bench: Bench) -> None:
    promise(bench, TODAY)
    (held,) = [event for event in events(bench) if event.kind == "reminders_held"]
    assert held.actor == "customer"
    assert held.detail.startswith("promised until 2026-03-17T13:00+00:00")


def test_a_double_click_is_one_hold(bench: Bench) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: claim(bench, "paid"), range(4)))
        list(pool.map(lambda _: promise(bench, TODAY), range(4)))
    with db.reading(bench.engine) as session:
        assert len(session.scalars(select(ReminderHold)).all()) == 2
    assert len(bench.messages("notice")) == 2


def test_after_three_holds_a_customer_is_asked_to_write_until_staff_release_one(bench: Bench) -> None:
    for days in (1, 2):
        promise(bench, TODAY + timedelta(days=days))
    claim(bench)
    before = (bench.timeline(), [hold.hold_id for hold in holds_of(bench)], len(bench.messages()))
    for say in (lambda: promise(bench, TODAY + timedelta(days=9)), lambda: claim(bench, "really")):
        with pytest.raises(SaidEnough, match=r"write to billing@southern-it\.example"):
            say()
    assert (bench.timeline(), [hold.hold_id for hold in holds_of(bench)], len(bench.messages())) == before
    assert talk(bench).enough
    bench.clock += timedelta(minutes=1)
    release(bench, HoldReason.CLAIMED)
    assert not talk(bench).enough
    bench.clock += timedelta(minutes=1)
    promise(bench, TODAY + timedelta(days=9))
    assert max(hold.until or bench.clock for hold in holds_of(bench)) > bench.clock + timedelta(days=8)


def test_a_release_of_another_kind_gives_no_further_turn(bench: Bench) -> None:
    for days in (1, 2, 3):
        promise(bench, TODAY + timedelta(days=days))
    bench.clock += timedelta(minutes=1)
    bench.change(
        lambda s: holds.place(s, invoice_id=502, reason=HoldReason.DISPUTED, actor="stripe", now=bench.clock)
    )
    release(bench, HoldReason.DISPUTED)
    assert talk(bench).enough


def test_a_customers_word_does_not_shorten_a_hold_of_staff(bench: Bench) -> None:
    bench.change(
        lambda s: holds.place(s, invoice_id=502, reason=HoldReason.PROMISED, actor="vera", now=bench.clock)
    )
    promise(bench, TODAY)
    (hold,) = holds_of(bench)
    assert (hold.placed_by, hold.until) == ("vera", None)
    assert len(bench.messages("notice")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status": InvoiceStatus.VOID},
        {"amount_paid": 8250, "payment_status": PaymentStatus.PAID},
        {"payment_status": PaymentStatus.PROCESSING},
        {"amount_written_off": 8250},
    ],
)
def test_nothing_is_said_about_an_invoice_that_asks_for_nothing(
    bench: Bench, change: dict[str, object]
) -> None:
    bench.set(**change)
    for say in (lambda: promise(bench, TODAY), lambda: claim(bench)):
        with pytest.raises(NothingOwed):
            say()
    assert not talk(bench).open
    assert (holds_of(bench), bench.messages()) == ([], [])


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        (lambda bench: bench.set(status=InvoiceStatus.DRAFT), NoSuchLink),
        (lambda bench: bench.set(payment_token_expires_at=bench.clock), LinkExpired),
        (lambda bench: bench.set(payment_token=None), NoSuchLink),
    ],
)
def test_nothing_is_said_without_a_link_that_works(
    bench: Bench, change: Callable[[Bench], None], failure: type[Exception]
) -> None:
    token = bench.invoice().payment_token or ""
    change(bench)
    with pytest.raises(failure):
        claim(bench, token=token)
    assert holds_of(bench) == []


def test_a_hostile_text_becomes_one_plain_line_and_a_long_one_is_refused(bench: Bench) -> None:
    claim(bench, HOSTILE)
    (hold,) = holds_of(bench)
    assert hold.detail == "<script>alert(1)</script> Bcc: all@x.example {{ 7*7 }}"
    with pytest.raises(TooLong):
        claim(bench, "x" * 301)
    claim(bench, " ".join(["x"] * 150))


def test_what_a_customer_wrote_is_erased_with_them(bench: Bench) -> None:
    claim(bench, "IBAN DE00 1234")
    bench.turn()
    bench.pay()
    bench.turn()
    with db.transaction(bench.engine) as session:
        customer_id = load_invoice(session, invoice_id=502).customer_id
        erasure.erase_customer(session, customer_id=customer_id, actor="vera", now=bench.clock)
    with db.reading(bench.engine) as session:
        kept = [hold.detail for hold in session.scalars(select(ReminderHold))]
    said = [*kept, *(event.detail for event in events(bench)), *(m.detail for m in bench.messages())]
    assert "IBAN" not in " ".join(said)
