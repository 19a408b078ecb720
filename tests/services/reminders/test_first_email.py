"""Reminders wait for the first email of the invoice, and for a whole business day after it."""

from datetime import date

import pytest
from sqlalchemy import Engine, update

from paymail import db
from paymail.models import Invoice, Issuer, Message, MessageKind, MessageState
from paymail.services.forecast.explanation import explain
from paymail.services.forecast.forecast import forecast
from paymail.services.reminders import by_hand, planner
from tests.services.emailed_invoice import EmailedInvoice

SATURDAY = date(2026, 3, 28)
"""The due date. The ladder's first step, three days before it, is on Wednesday."""


@pytest.fixture
def emailed(engine: Engine) -> EmailedInvoice:
    """An invoice that was not emailed; it is Tuesday, noon in Sydney."""
    found = EmailedInvoice(engine)
    found.change(lambda s: s.execute(update(Issuer).values(host_mails_invoices=False)))
    found.set(due_date=SATURDAY)
    return found.at("2026-03-24 12:00")


def fates(emailed: EmailedInvoice) -> dict[str, str]:
    with db.reading(emailed.engine) as session:
        return {step.step: step.fate for step in explain(session, invoice_id=502, now=emailed.clock).steps}


def reason(emailed: EmailedInvoice) -> str:
    with db.reading(emailed.engine) as session:
        return explain(session, invoice_id=502, now=emailed.clock).reason


def foreseen(emailed: EmailedInvoice) -> list[tuple[str, str, str]]:
    """Return the reminders of the next fortnight: step, local time, what holds it."""
    with db.reading(emailed.engine) as session:
        found = forecast(session, now=emailed.clock, days=14)
        return [(c.step, c.local[:20], c.held) for c in found if c.kind is MessageKind.REMINDER]


def turns(emailed: EmailedInvoice, *times: str) -> list[int]:
    """Turn the sweep at each of these local times; return how many emails each handed over."""
    return [emailed.at(time).turn() for time in times]


def test_an_invoice_that_was_never_emailed_is_not_reminded_of(emailed: EmailedInvoice) -> None:
    assert foreseen(emailed) == [(step, "", "held: not emailed yet") for step in ("-3", "0", "7")]
    assert reason(emailed) == "held: not emailed yet"
    assert turns(emailed, "2026-03-25 09:00", "2026-03-30 09:00", "2026-04-07 09:00") == [0, 0, 0]
    assert fates(emailed)["7"] == "held: not emailed yet"


def test_what_fell_due_before_the_first_email_is_skipped_and_the_ladder_goes_on(
    emailed: EmailedInvoice,
) -> None:
    emailed.at("2026-03-30 09:00").turn()
    emailed.at("2026-03-31 10:00").send()
    assert emailed.turn() == 1
    assert turns(emailed, "2026-04-01 09:00", "2026-04-02 09:00", "2026-04-07 09:00") == [0, 0, 1]
    assert emailed.message().step == "7"
    assert fates(emailed)["0"].startswith("suppressed: too soon after the first email")


def test_the_host_that_mails_invoices_has_them_reminded_of(emailed: EmailedInvoice) -> None:
    emailed.change(lambda s: s.execute(update(Issuer).values(host_mails_invoices=True)))
    assert foreseen(emailed)[0] == ("-3", "Wed 2026-03-25 09:00", "")
    assert turns(emailed, "2026-03-25 09:00") == [1]


def test_an_email_on_tuesday_evening_is_followed_by_no_reminder_on_wednesday_morning(
    emailed: EmailedInvoice,
) -> None:
    emailed.at("2026-03-24 17:00").send()
    assert emailed.turn() == 1
    told = "too soon after the first email on 2026-03-24: reminders begin on 2026-03-26"
    assert fates(emailed)["-3"] == told
    assert foreseen(emailed)[0] == ("0", "Mon 2026-03-30 09:00", "")
    assert turns(emailed, "2026-03-25 09:00", "2026-03-25 15:00", "2026-03-26 09:00") == [0, 0, 0]
    assert fates(emailed)["-3"] == f"suppressed: {told}"
    assert turns(emailed, "2026-03-30 09:00") == [1]


def test_a_whole_business_day_between_them_is_enough(emailed: EmailedInvoice) -> None:
    emailed.at("2026-03-23 17:00").send()
    emailed.turn()
    assert foreseen(emailed)[0] == ("-3", "Wed 2026-03-25 09:00", "")
    assert turns(emailed, "2026-03-25 09:00") == [1]


def test_weekends_holidays_and_the_issuers_own_number_of_days_count(emailed: EmailedInvoice) -> None:
    emailed.set(due_date=date(2026, 4, 7))  # after Easter; its first step is on Thursday, the 2nd
    emailed.at("2026-03-31 17:00").send()
    emailed.turn()
    assert foreseen(emailed)[0][1] == "Thu 2026-04-02 09:00"
    emailed.change(lambda s: s.execute(update(Issuer).values(reminder_gap=3)))
    # 1, 2 and 7 April: the 3rd to the 6th are Good Friday to Easter Monday.
    assert fates(emailed)["-3"].endswith("reminders begin on 2026-04-08")
    assert fates(emailed)["0"].endswith("reminders begin on 2026-04-08")
    assert foreseen(emailed)[0][0] == "7"


def test_an_email_that_is_still_to_go_out_counts_from_its_time(emailed: EmailedInvoice) -> None:
    emailed.send(at=emailed.now_at("2026-03-24 17:00"))
    assert foreseen(emailed)[0] == ("0", "Mon 2026-03-30 09:00", "")
    assert fates(emailed)["-3"].startswith("too soon after the first email on 2026-03-24")


def test_a_further_copy_does_not_begin_the_days_anew(emailed: EmailedInvoice) -> None:
    emailed.at("2026-03-20 10:00").send()
    emailed.turn()
    emailed.at("2026-03-24 17:00").send(again=True)
    assert emailed.turn() == 1
    assert turns(emailed, "2026-03-25 09:00") == [1]


@pytest.mark.parametrize("state", [MessageState.CANCELLED, MessageState.SUPPRESSED])
def test_an_email_that_never_went_out_is_none(emailed: EmailedInvoice, state: MessageState) -> None:
    emailed.send()
    emailed.change(lambda s: s.execute(update(Message).values(state=state)))
    assert foreseen(emailed)[0] == ("-3", "", "held: not emailed yet")
    assert turns(emailed, "2026-03-25 09:00") == [0]


def test_who_was_reminded_before_this_rule_goes_on_being_reminded(emailed: EmailedInvoice) -> None:
    emailed.change(lambda s: s.execute(update(Issuer).values(host_mails_invoices=True)))
    assert turns(emailed, "2026-03-25 09:00") == [1]
    emailed.change(lambda s: s.execute(update(Issuer).values(host_mails_invoices=False)))
    assert foreseen(emailed)[0] == ("0", "Mon 2026-03-30 09:00", "")
    assert turns(emailed, "2026-03-30 09:00") == [1]


def test_a_reminder_that_was_written_before_is_held_at_its_hand_over(emailed: EmailedInvoice) -> None:
    emailed.change(lambda s: s.execute(update(Issuer).values(host_mails_invoices=True)))
    emailed.at("2026-03-25 09:00")
    planner.plan_due(emailed.context)
    emailed.change(lambda s: s.execute(update(Issuer).values(host_mails_invoices=False)))
    assert emailed.turn() == 0
    assert emailed.message().state is MessageState.SCHEDULED
    assert fates(emailed)["-3"] == "scheduled: held: not emailed yet"


def test_staff_remind_whom_they_want_and_the_ladder_goes_on_from_there(emailed: EmailedInvoice) -> None:
    emailed.change(lambda s: by_hand.remind_by_hand(s, invoice_id=502, actor="vera", now=emailed.clock))
    assert emailed.turn() == 1
    assert foreseen(emailed)[0] == ("-3", "Wed 2026-03-25 09:00", "")


def test_many_invoices_are_told_apart(emailed: EmailedInvoice) -> None:
    emailed.add_invoice(503, due_in=11)
    emailed.change(lambda s: s.execute(update(Invoice).values(due_date=SATURDAY)))
    emailed.at("2026-03-20 10:00").send_one(503)
    emailed.turn()
    emailed.at("2026-03-24 12:00")
    with db.reading(emailed.engine) as session:
        found = forecast(session, now=emailed.clock, days=2)
    assert [(one.invoice_id, one.held) for one in found] == [(503, ""), (502, "held: not emailed yet")]
