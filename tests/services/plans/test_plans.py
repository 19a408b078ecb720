"""Plans and parts: exact to the last cent, the oldest first, each instalment with its own reminders."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from paymail.errors import Conflict, InvalidInput
from paymail.models import AttemptStatus, Channel, Invoice, PaymentPlan, PaymentStatus, PlanState
from paymail.services.payments import adjustments, manual_payments
from paymail.services.plans import agreement, choice, instalments
from paymail.services.plans.coverage import PlanView, dues, plan_of
from paymail.services.plans.instalments import Cadence, Part
from tests.factories import NOW
from tests.services.emailed_invoice import EmailedInvoice
from tests.services.paying_customer import PayingCustomer

FIRST = date(2026, 4, 1)
TODAY = date(2026, 3, 17)


@given(st.integers(1, 10**12), st.integers(1, instalments.MOST_PARTS))
def test_a_split_is_exact_with_the_rest_on_the_first(total: int, count: int) -> None:
    if total < count:
        with pytest.raises(InvalidInput):
            instalments.split(total, count)
        return
    parts = instalments.split(total, count)
    assert (sum(parts), len(parts), len(set(parts[1:]))) == (total, count, min(count - 1, 1))
    assert 0 <= parts[0] - parts[-1] < count


def test_months_keep_their_day_and_end_with_the_month() -> None:
    found = instalments.dates(date(2026, 12, 31), 4, Cadence.MONTHLY)
    assert found == (date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31))
    assert instalments.dates(FIRST, 3, Cadence.FORTNIGHTLY)[-1] == date(2026, 4, 29)
    assert instalments.dates(FIRST, 3, Cadence.WEEKLY)[-1] == date(2026, 4, 15)


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ((), "between 1 and"),
        ((Part(FIRST, 8249),), "add up"),
        ((Part(FIRST, 4125), Part(FIRST, 4125)), "later than the one before"),
        ((Part(date(2026, 3, 16), 8250),), "today"),
        ((Part(date(2036, 3, 16), 8250),), "today"),
        ((Part(FIRST, 8210), Part(date(2026, 5, 1), 40)), "minimum"),
    ],
)
def test_what_is_no_plan_is_refused(parts: tuple[Part, ...], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        instalments.check(parts, balance=8250, currency="AUD", today=TODAY)


def agree(payer: PayingCustomer, count: int = 3) -> None:
    parts = instalments.equal_parts(payer.invoice().balance, count, FIRST, Cadence.MONTHLY)
    with payer.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=payer.now)


def view(payer: PayingCustomer) -> PlanView:
    found = plan_of(payer.invoice())
    assert found is not None
    return found


def left(payer: PayingCustomer) -> list[int]:
    return [part.open for part in view(payer).parts]


def test_the_page_asks_for_the_next_instalment_and_takes_more(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    agree(payer)
    assert payer.start().amount == 2750
    payer.pay()
    assert left(payer) == [0, 2750, 2750]
    assert payer.invoice().payment_status is PaymentStatus.PARTIAL
    payer.pay(amount=4000)
    assert left(payer) == [0, 0, 1500]
    payer.pay()
    assert payer.invoice().payment_status is PaymentStatus.PAID
    assert len(payer.mails("receipt")) == 3


def test_late_instalments_are_asked_for_together(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    agree(payer)
    payer.later(days=50)  # the first and the second are late
    assert payer.start().amount == 5500
    with pytest.raises(InvalidInput, match="minimum payment"):
        payer.start(amount=2000)


def test_nothing_is_left_that_could_not_be_charged(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session:
        adjustments.allow_parts(session, invoice_id=502, minimum=1000, actor="amy", now=payer.now)
    with pytest.raises(InvalidInput, match=r"0\.40 would be left"):
        payer.start(amount=8210)
    with pytest.raises(InvalidInput, match="minimum payment"):
        payer.start(amount=999)
    with pytest.raises(InvalidInput, match="more than the"):
        payer.start(amount=8251)
    assert payer.start(amount=1000).amount == 1000
    assert payer.start().amount == 8250


def test_without_leave_only_the_whole_is_paid(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with pytest.raises(InvalidInput, match="minimum payment"):
        payer.start(amount=5000)


def test_a_plan_is_changed_and_ended_and_open_pages_are_withdrawn(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.start()
    agree(payer)
    assert payer.attempts()[0].status is AttemptStatus.CANCELLING
    payer.pay()
    agree(payer, 2)
    assert left(payer) == [2750, 2750]
    with payer.transaction() as session:
        agreement.end(session, invoice_id=502, reason="paid by phone", actor="amy", now=payer.now)
    assert plan_of(payer.invoice()) is None
    states = [plan.state for plan in payer.all(PaymentPlan)]  # type: ignore[attr-defined]
    assert states == [PlanState.ENDED, PlanState.ENDED]
    with payer.transaction() as session, pytest.raises(Conflict):
        agreement.end(session, invoice_id=502, reason="again", actor="amy", now=payer.now)


def test_a_write_off_and_a_manual_payment_cover_the_oldest(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    agree(payer)
    with payer.transaction() as session:
        adjustments.write_off(
            session, invoice_id=502, amount=3000, reason="goodwill", actor="amy", now=payer.now
        )
    assert left(payer) == [0, 2500, 2750]


def test_what_is_owed_beyond_the_plan_is_asked_for_first(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    agree(payer)
    with payer.transaction() as session:
        session.get_one(Invoice, 502).amount_charged_back += 1000
    assert left(payer) == [3750, 2750, 2750]


def test_a_deposit_is_a_plan_of_two(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    parts = instalments.deposit_and_rest(8250, 2000, TODAY, date(2026, 4, 11))
    with payer.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=payer.now)
    assert choice.suggested(payer.invoice(), TODAY) == 2000


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)


def test_each_instalment_has_reminders_of_its_own_and_a_paid_one_has_none(emailed: EmailedInvoice) -> None:
    parts = instalments.equal_parts(8250, 3, date(2026, 4, 8), Cadence.MONTHLY)
    with emailed.context.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=NOW)
    sent: dict[date, list[str]] = {}
    day = TODAY
    while day < date(2026, 6, 20):
        emailed.clock = at(day)
        emailed.turn()
        for message in emailed.messages("reminder"):
            if message.handed_over_at == emailed.clock:
                sent.setdefault(day, []).append(message.dedupe_key)
        if day == date(2026, 4, 9):
            emailed.pay()
        day += timedelta(days=1)
    keys = [key for found in sent.values() for key in found]
    assert all(len(found) == 1 for found in sent.values())
    assert [key for key in keys if ":2026-04-08:" in key] == [
        "reminder:502:2026-04-08:-3",
        "reminder:502:2026-04-08:0",
    ]
    assert [key.rpartition(":")[2] for key in keys if ":2026-05-08:" in key] == ["-3", "0", "7", "14", "21"]
    assert [key.rpartition(":")[2] for key in keys if ":2026-06-08:" in key][:2] == ["-3", "0"]


def test_a_plan_moves_what_reminders_count_from(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    assert dues(payer.invoice()) == (date(2026, 4, 11),)
    agree(payer)
    assert dues(payer.invoice()) == (date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1))


def test_what_is_left_of_an_instalment_and_too_little_to_charge_is_asked_for_with_the_next(
    engine: Engine,
) -> None:
    payer = PayingCustomer(engine)
    parts = (Part(date(2026, 3, 20), 4000), Part(date(2026, 12, 1), 4250))
    with payer.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=payer.now)
        asked = manual_payments.ManualPayment(3980, Channel.CASH, TODAY)
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=payer.now)
    assert payer.start().amount == 4270


def test_what_would_leave_too_little_is_asked_for_with_the_rest(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    agree(payer)
    with payer.transaction() as session:
        adjustments.write_off(
            session, invoice_id=502, amount=2720, reason="goodwill", actor="amy", now=payer.now
        )
    assert left(payer) == [30, 2750, 2750]
    invoice = payer.invoice()
    assert (choice.suggested(invoice, TODAY), choice.smallest(invoice)) == (2780, 2780)
    assert payer.start().amount == 2780


def test_the_last_instalment_is_not_left_too_small(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    parts = (Part(FIRST, 8200), Part(date(2026, 5, 1), 50))
    with payer.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=payer.now)
        session.get_one(Invoice, 502).amount_credited += 8180
    invoice = payer.invoice()
    assert left(payer) == [20, 50]
    assert (choice.suggested(invoice, TODAY), choice.smallest(invoice)) == (70, 70)
    assert payer.start().amount == 70
