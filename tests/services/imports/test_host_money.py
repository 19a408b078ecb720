"""Whose word counts about money: the amounts that paymail saw, and of the host's what exceeds them, once."""

from datetime import date

import pytest
from sqlalchemy import Engine, update

from paymail import db
from paymail.models import AttemptStatus, Channel, Dispute, InvoiceStatus, MessageState, Restore
from paymail.ports.payments import IntentStatus
from paymail.services.core.invoices import load_invoice
from paymail.services.lists import lookup
from paymail.services.payments import manual_payments, summary
from paymail.services.payments.manual_payments import BadRecord, ManualPayment
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_limits import BadRefund
from paymail.services.refunds.refund_requests import RefundOrder
from tests.factories import NOW
from tests.services.imports.host_story import (
    DRAFT,
    OVERPAID,
    PAID,
    SAVED_BY_EXCEL,
    VOID,
    HostStory,
)


@pytest.fixture
def story(engine: Engine) -> HostStory:
    return HostStory(engine)


def test_after_a_refund_that_is_owed_again_the_hosts_old_news_changes_nothing(story: HostStory) -> None:
    story.bring()
    story.pay()
    story.refund(owed_again=True)
    assert story.bring(PAID).faults == ()
    assert story.money() == ("unpaid", 8250, 8250)
    assert story.invoice().can_pay


def test_a_bank_debit_goes_on_clearing_when_excel_saved_the_file(story: HostStory) -> None:
    story.bring()
    intent = story.debit()
    report = story.bring(SAVED_BY_EXCEL)
    assert (report.updated, report.unchanged) == (0, 1)
    assert story.money() == ("processing", 0, 8250)
    story.clear(intent.id)
    assert story.money() == ("paid", 8250, 0)


def test_a_void_against_a_clearing_debit_is_refused_and_told_and_the_rest_comes_in(story: HostStory) -> None:
    story.bring()
    story.debit()
    for _night in range(2):
        report = story.bring(VOID, {"invoice_id": "8"})
    assert [(fault.line, fault.column) for fault in report.faults] == [(2, "status")]
    assert story.invoice().status is InvoiceStatus.SENT
    (notice,) = story.mails("notice")
    assert "voids an invoice" in notice.detail


def test_a_void_against_money_that_arrived_is_refused_and_told(story: HostStory) -> None:
    story.bring()
    story.pay()
    assert story.bring(VOID).skipped == 1
    assert story.invoice().status is InvoiceStatus.SENT
    assert len(story.mails("notice")) == 1


def test_a_void_from_the_host_is_that_of_staff(story: HostStory) -> None:
    story.bring()
    story.start()
    assert story.bring(VOID).updated == 1
    assert story.invoice().status is InvoiceStatus.VOID
    assert story.happened("voided") == 1
    story.sweep()
    assert [attempt.status for attempt in story.attempts()] == [AttemptStatus.CANCELED]
    assert story.payable() == []


def test_after_a_refund_with_a_credit_note_it_stays_refunded(story: HostStory) -> None:
    story.bring()
    story.pay()
    story.refund(owed_again=False)
    story.bring(PAID)
    assert story.money() == ("refunded", 8250, 0)


def test_money_after_a_write_off_is_shown_and_told(story: HostStory) -> None:
    story.bring()
    story.write_off()
    assert story.bring(PAID).updated == 1
    assert story.money() == ("paid", 8250, 0)
    assert story.invoice().overpaid == 8250
    (notice,) = story.mails("notice")
    assert "not owed" in notice.detail
    assert story.happened("overpaid") == 1


def test_a_bank_transfer_that_the_host_booked_is_recorded_once(story: HostStory) -> None:
    story.bring()
    intent = story.start()
    story.gateway.set(intent.id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, failure="card declined")
    story.tell("payment_intent.payment_failed", intent.id)
    assert [fault.column for fault in story.bring(PAID).faults] == ["amount_paid"]
    story.sweep()
    for _night in range(2):
        assert story.bring(PAID).faults == ()
    assert story.payments() == [(Channel.HOST, 8250)]
    assert story.money() == ("paid", 8250, 0)
    assert story.mails("receipt") == []
    assert story.payable() == []
    assert not [mail for mail in story.mails("reminder") if mail.state is MessageState.SCHEDULED]


def test_a_card_payment_that_the_host_hears_of_first_counts_once(story: HostStory) -> None:
    story.bring()
    intent = story.start()
    story.gateway.succeed(intent.id)
    (fault,) = story.bring(PAID).faults
    assert (fault.column, story.payments()) == ("amount_paid", [])
    assert "import again in a few minutes" in fault.reason
    assert [attempt.status for attempt in story.attempts()] == [AttemptStatus.CANCELLING]
    story.tell("payment_intent.succeeded", intent.id)
    story.sweep()
    assert story.bring(PAID).faults == ()
    assert story.payments() == [(Channel.STRIPE, 8250)]
    assert story.money() == ("paid", 8250, 0)


def test_money_comes_in_though_the_rest_is_refused_and_once(story: HostStory) -> None:
    story.bring()
    for _night in range(2):
        report = story.bring(PAID | {"description": "Support (March)"})
        assert ([fault.column for fault in report.faults], report.skipped) == (["line"], 1)
    assert story.payments() == [(Channel.HOST, 8250)]
    assert story.money() == ("paid", 8250, 0)


def test_money_in_another_currency_stays_out_with_the_rest(story: HostStory) -> None:
    story.bring()
    assert story.bring(PAID | {"currency": "NZD"}).skipped == 1
    assert story.payments() == []


def test_a_void_that_has_been_paid_as_the_host_says_is_told_once(story: HostStory) -> None:
    story.bring()
    for _night in range(2):
        assert [fault.column for fault in story.bring(VOID | PAID).faults] == ["amount_paid"]
    (notice,) = story.mails("notice")
    assert "voids an invoice" in notice.detail


def test_nobody_is_told_of_what_was_void_and_paid_before_paymail_came(story: HostStory) -> None:
    assert story.bring(VOID | PAID).created == 1
    assert story.payments() == [(Channel.HOST, 8250)]
    assert story.happened("payment_received") == 1
    assert story.mails("notice") == []


def test_an_overpayment_comes_in_as_one(story: HostStory) -> None:
    assert story.bring(OVERPAID).created == 1
    assert story.money() == ("paid", 9000, 0)
    assert (story.invoice().overpaid, story.happened("overpaid")) == (750, 1)
    assert len(story.mails("notice")) == 1
    assert story.mails("receipt") == []


def test_what_was_paid_before_paymail_knew_the_invoice_is_a_payment(story: HostStory) -> None:
    story.bring({"payment_status": "partial", "amount_paid": "20.00"})
    assert story.payments() == [(Channel.HOST, 2000)]
    assert story.money() == ("partial", 2000, 6250)
    story.bring(PAID)
    assert story.payments() == [(Channel.HOST, 2000), (Channel.HOST, 6250)]


def test_money_of_the_host_waits_while_a_debit_clears(story: HostStory) -> None:
    story.bring()
    intent = story.debit()
    assert [fault.column for fault in story.bring(PAID).faults] == ["amount_paid"]
    assert story.money() == ("processing", 0, 8250)
    story.clear(intent.id)
    assert story.bring(PAID).faults == ()
    assert story.payments() == [(Channel.STRIPE, 8250)]


def test_money_of_the_host_comes_in_once_the_debit_has_failed(story: HostStory) -> None:
    story.bring()
    intent = story.debit()
    story.bring(PAID)
    story.bounce(intent.id)
    story.bring(PAID)
    story.sweep()
    story.bring(PAID)
    assert story.payments() == [(Channel.HOST, 8250)]


def test_a_lost_dispute_stays_owed_whatever_the_host_repeats(story: HostStory) -> None:
    story.bring()
    intent_id = story.pay().intent_id or ""
    story.dispute("needs_response", intent_id)
    story.dispute("lost", intent_id)
    story.bring(PAID)
    assert story.money() == ("unpaid", 8250, 8250)
    assert len(story.all(Dispute)) == 1


def test_less_than_arrived_here_is_old_news(story: HostStory) -> None:
    story.bring()
    story.pay()
    report = story.bring(SAVED_BY_EXCEL)
    assert (report.unchanged, report.faults) == (1, ())
    assert story.money() == ("paid", 8250, 0)


def test_a_draft_has_no_money(story: HostStory) -> None:
    assert [fault.column for fault in story.bring(DRAFT | PAID).faults] == ["amount_paid"]


def test_nobody_enters_a_payment_of_the_host_by_hand(story: HostStory) -> None:
    story.bring()
    asked = ManualPayment(100, Channel.HOST, date(2026, 3, 17))
    with story.transaction() as session, pytest.raises(BadRecord):
        manual_payments.record_payment(session, invoice_id=7, asked=asked, actor="amy", now=story.now)


def test_a_payment_of_the_host_goes_back_by_the_host_or_as_staff_say(story: HostStory) -> None:
    story.bring(PAID)
    story.refund(owed_again=True, amount=250)
    assert story.money() == ("partial", 8250, 250)
    story.bring(PAID)
    assert story.money() == ("partial", 8250, 250)
    story.pay()
    order = RefundOrder(250, Channel.HOST)
    with story.paid() as (session, paid), pytest.raises(BadRefund):
        refund_requests.request(session, payment_id=paid.payment_id, order=order, actor="amy", now=story.now)


def test_customers_are_given_no_receipt_of_a_day_that_nobody_knows(story: HostStory) -> None:
    story.bring({"payment_status": "partial", "amount_paid": "20.00"})
    with db.reading(story.engine) as session, pytest.raises(lookup.NoReceipt):
        lookup.latest_payment(session, invoice_id=7)
    mine = story.pay()
    with db.reading(story.engine) as session:
        assert lookup.latest_payment(session, invoice_id=7).payment_id == mine.payment_id
        shown = summary.summary_of(session, invoice=load_invoice(session, invoice_id=7), now=story.now)
    assert [one.number for one in shown.payments] == [mine.receipt_number]


def test_after_a_restore_the_hosts_money_waits_until_stripe_was_asked(story: HostStory) -> None:
    story.bring()
    with db.transaction(story.engine) as session:
        session.add(Restore(restored_at=NOW, since=NOW))
    for rows in (PAID, PAID | {"invoice_id": "8"}):
        report = story.bring(rows)
        assert any("on hold after a restore" in note.reason for note in report.kept)
    assert story.money() == ("unpaid", 0, 8250)
    with db.transaction(story.engine) as session:
        session.execute(update(Restore).values(mail_opened_at=NOW, payments_opened_at=NOW))
    assert story.bring(PAID, PAID | {"invoice_id": "8"}).updated == 2
    assert story.money() == ("paid", 8250, 0)
