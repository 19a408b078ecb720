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
from tests.services.emailed_invoice import EmailedInvoice

TODAY = date(2026, 3, 17)
HOSTILE = "<script>alert(1)</script>\r\nBcc: all@x.example\x00 \u202e{{ 7*7 }}"


def claim(emailed: EmailedInvoice, text: str = "", token: str = "") -> None:
    which = token or emailed.invoice().payment_token or ""
    emailed.change(lambda s: promises.report_paid(s, token=which, text=text, now=emailed.clock))


def promise(emailed: EmailedInvoice, day: date) -> None:
    which = emailed.invoice().payment_token or ""
    emailed.change(lambda s: promises.promise(s, token=which, day=day, now=emailed.clock))


def holds_of(emailed: EmailedInvoice) -> list[ReminderHold]:
    with db.reading(emailed.engine) as session:
        return holds.in_force(session, invoice_ids=[502], now=emailed.clock)


def events(emailed: EmailedInvoice) -> list[TimelineEvent]:
    with db.reading(emailed.engine) as session:
        return history(session, invoice_id=502)


def talk(emailed: EmailedInvoice) -> PageReplies:
    with db.reading(emailed.engine) as session:
        return promises.replies_of(session, invoice=load_invoice(session, invoice_id=502), now=emailed.clock)


def release(emailed: EmailedInvoice, reason: HoldReason | None = None) -> None:
    emailed.change(lambda s: holds.lift(s, invoice_id=502, actor="vera", now=emailed.clock, reason=reason))


def test_who_says_that_they_have_paid_is_not_reminded_for_a_week(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-13 08:50")  # ten minutes before the reminder of the due date
    claim(emailed, "by transfer on Friday")
    (hold,) = holds_of(emailed)
    assert (hold.reason, hold.placed_by, hold.detail) == ("claimed", "customer", "by transfer on Friday")
    assert hold.until == emailed.clock + timedelta(days=7)
    emailed.at("2026-04-13 09:30")
    emailed.turn()
    assert [m.kind for m in emailed.messages() if m.state == "sent"] == ["notice"]
    emailed.at("2026-04-20 09:30")
    emailed.turn()
    assert [m.kind for m in emailed.messages() if m.state == "sent"] == ["notice", "reminder"]


def test_a_promise_holds_to_the_end_of_its_day_by_the_issuers_calendar(emailed: EmailedInvoice) -> None:
    promise(emailed, date(2026, 4, 14))
    (hold,) = holds_of(emailed)
    assert (hold.reason, hold.placed_by) == ("promised", "customer")
    assert hold.until == datetime(2026, 4, 14, 14, 0, tzinfo=UTC)  # midnight in Sydney
    assert talk(emailed).said == "promised"
    assert talk(emailed).until == date(2026, 4, 14)
    emailed.clock = hold.until
    assert (holds_of(emailed), talk(emailed).said) == ([], "")


@pytest.mark.parametrize("days", [-1, 61, -700_000, 2_000_000])
def test_a_day_that_is_past_or_too_far_away_is_refused_and_changes_nothing(
    emailed: EmailedInvoice, days: int
) -> None:
    day = date.min if days < -10 else date.max if days > 100 else TODAY + timedelta(days=days)
    with pytest.raises(BadPromise, match="2026-03-17 to 2026-05-16"):
        promise(emailed, day)
    assert (holds_of(emailed), emailed.messages(), emailed.timeline()) == ([], [], [])


@pytest.mark.parametrize("days", [0, 60])
def test_today_and_the_sixtieth_day_may_be_promised(emailed: EmailedInvoice, days: int) -> None:
    promise(emailed, TODAY + timedelta(days=days))
    assert len(holds_of(emailed)) == 1


def test_today_is_the_issuers_today(emailed: EmailedInvoice) -> None:
    emailed.at("2026-03-18 00:30")  # still the 17th in UTC
    with pytest.raises(BadPromise):
        promise(emailed, TODAY)
    assert talk(emailed).first_day == date(2026, 3, 18)


def test_staff_are_told_once_a_day_of_each_kind_and_can_read_what_was_said(emailed: EmailedInvoice) -> None:
    for text in ("", "", "by cheque"):
        claim(emailed, text)
    promise(emailed, TODAY)
    notices = emailed.messages("notice")
    assert [notice.recipient for notice in notices] == ["billing@southern-it.example"] * 2
    assert "The customer says they have paid" in notices[0].detail
    assert "will pay on 2026-03-17" in notices[1].detail
    assert [hold.detail for hold in holds_of(emailed) if hold.reason == "claimed"] == ["by cheque"]
    release(emailed)
    emailed.clock += timedelta(days=1)
    claim(emailed, "again")
    assert len(emailed.messages("notice")) == 3
    assert "They wrote: “again”" in emailed.messages("notice")[2].detail


def test_the_timeline_says_that_it_was_the_customer(emailed: EmailedInvoice) -> None:
    promise(emailed, TODAY)
    (held,) = [event for event in events(emailed) if event.kind == "reminders_held"]
    assert held.actor == "customer"
    assert held.detail.startswith("promised until 2026-03-17T13:00+00:00")


def test_a_double_click_is_one_hold(emailed: EmailedInvoice) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: claim(emailed, "paid"), range(4)))
        list(pool.map(lambda _: promise(emailed, TODAY), range(4)))
    with db.reading(emailed.engine) as session:
        assert len(session.scalars(select(ReminderHold)).all()) == 2
    assert len(emailed.messages("notice")) == 2


def test_after_three_holds_a_customer_is_asked_to_write_until_staff_release_one(
    emailed: EmailedInvoice,
) -> None:
    for days in (1, 2):
        promise(emailed, TODAY + timedelta(days=days))
    claim(emailed)
    before = (emailed.timeline(), [hold.hold_id for hold in holds_of(emailed)], len(emailed.messages()))
    for say in (lambda: promise(emailed, TODAY + timedelta(days=9)), lambda: claim(emailed, "really")):
        with pytest.raises(SaidEnough, match=r"write to billing@southern-it\.example"):
            say()
    assert (
        emailed.timeline(),
        [hold.hold_id for hold in holds_of(emailed)],
        len(emailed.messages()),
    ) == before
    assert talk(emailed).enough
    emailed.clock += timedelta(minutes=1)
    release(emailed, HoldReason.CLAIMED)
    assert not talk(emailed).enough
    emailed.clock += timedelta(minutes=1)
    promise(emailed, TODAY + timedelta(days=9))
    assert max(hold.until or emailed.clock for hold in holds_of(emailed)) > emailed.clock + timedelta(days=8)


def test_a_release_of_another_kind_gives_no_further_turn(emailed: EmailedInvoice) -> None:
    for days in (1, 2, 3):
        promise(emailed, TODAY + timedelta(days=days))
    emailed.clock += timedelta(minutes=1)
    emailed.change(
        lambda s: holds.place(
            s, invoice_id=502, reason=HoldReason.DISPUTED, actor="stripe", now=emailed.clock
        )
    )
    release(emailed, HoldReason.DISPUTED)
    assert talk(emailed).enough


def test_a_customers_word_does_not_shorten_a_hold_of_staff(emailed: EmailedInvoice) -> None:
    emailed.change(
        lambda s: holds.place(s, invoice_id=502, reason=HoldReason.PROMISED, actor="vera", now=emailed.clock)
    )
    promise(emailed, TODAY)
    (hold,) = holds_of(emailed)
    assert (hold.placed_by, hold.until) == ("vera", None)
    assert len(emailed.messages("notice")) == 1


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
    emailed: EmailedInvoice, change: dict[str, object]
) -> None:
    emailed.set(**change)
    for say in (lambda: promise(emailed, TODAY), lambda: claim(emailed)):
        with pytest.raises(NothingOwed):
            say()
    assert not talk(emailed).open
    assert (holds_of(emailed), emailed.messages()) == ([], [])


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        (lambda emailed: emailed.set(status=InvoiceStatus.DRAFT), NoSuchLink),
        (lambda emailed: emailed.set(payment_token_expires_at=emailed.clock), LinkExpired),
        (lambda emailed: emailed.set(payment_token=None), NoSuchLink),
    ],
)
def test_nothing_is_said_without_a_link_that_works(
    emailed: EmailedInvoice, change: Callable[[EmailedInvoice], None], failure: type[Exception]
) -> None:
    token = emailed.invoice().payment_token or ""
    change(emailed)
    with pytest.raises(failure):
        claim(emailed, token=token)
    assert holds_of(emailed) == []


def test_a_hostile_text_becomes_one_plain_line_and_a_long_one_is_refused(emailed: EmailedInvoice) -> None:
    claim(emailed, HOSTILE)
    (hold,) = holds_of(emailed)
    assert hold.detail == "<script>alert(1)</script> Bcc: all@x.example {{ 7*7 }}"
    with pytest.raises(TooLong):
        claim(emailed, "x" * 301)
    claim(emailed, " ".join(["x"] * 150))


def test_what_a_customer_wrote_is_erased_with_them(emailed: EmailedInvoice) -> None:
    claim(emailed, "IBAN DE00 1234")
    emailed.turn()
    emailed.pay()
    emailed.turn()
    with db.transaction(emailed.engine) as session:
        customer_id = load_invoice(session, invoice_id=502).customer_id
        erasure.erase_customer(session, customer_id=customer_id, actor="vera", now=emailed.clock)
    with db.reading(emailed.engine) as session:
        kept = [hold.detail for hold in session.scalars(select(ReminderHold))]
    said = [*kept, *(event.detail for event in events(emailed)), *(m.detail for m in emailed.messages())]
    assert "IBAN" not in " ".join(said)
