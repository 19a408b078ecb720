"""What is owed again, or not any more, after money went back: no payment is lost, no volley goes out."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import AttemptStatus, Channel, Dispute, MessageState, PaymentStatus
from paymail.ports.payments import IntentStatus
from paymail.ports.reversals import GatewayDispute
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.idempotency import KeyReused
from paymail.services.payments import adjustments, checkout, manual_payments, settlement
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Part
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.services.reminders import holds, planner
from paymail.services.reminders.holds import HoldReason
from tests.services.emailed_invoice import EmailedInvoice
from tests.services.paying_customer import PayingCustomer

AMY = "amy@staff.example"
DECLINED = IntentStatus.REQUIRES_PAYMENT_METHOD


def refund(
    payer: PayingCustomer,
    amount: int,
    payment_id: int = 1,
    channel: Channel = Channel.STRIPE,
    *,
    owed_again: bool = False,
) -> None:
    order = RefundOrder(amount, channel, "one hour less", owed_again)
    with payer.transaction() as session:
        refund_requests.request(session, payment_id=payment_id, order=order, actor=AMY, now=payer.now)


def dispute(
    payer: PayingCustomer, status: str, amount: int = 8250, intent_id: str = "pi_1", name: str = "dp_1"
) -> None:
    payer.gateway.disputes[name] = GatewayDispute(name, intent_id, amount, "AUD", status, "fraudulent", 1)
    payer.tell("charge.dispute.updated", intent_id)


def test_what_is_paid_again_after_a_part_refund_and_a_lost_dispute_is_recorded(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 2000)
    refund_requests.carry_out(payer.context)
    dispute(payer, "lost", 6250)
    assert payer.invoice().payment_status is PaymentStatus.UNPAID
    payer.pay()
    assert payer.invoice().payment_status is PaymentStatus.PARTIALLY_REFUNDED


def test_two_refunds_of_a_surplus_asked_at_once_leave_nothing_owed(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    asked = ManualPayment(8250, Channel.CASH, date(2026, 3, 17))
    with payer.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor=AMY, now=payer.now)
    refund(payer, 4250)
    refund(payer, 4000)
    refund(payer, 8250, payment_id=2, channel=Channel.CASH)
    refund_requests.carry_out(payer.context)
    invoice = payer.invoice()
    assert (invoice.payment_status, invoice.balance) == (PaymentStatus.REFUNDED, 0)


def test_a_request_that_is_sent_twice_with_another_answer_to_what_is_owed_is_refused(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    order = RefundOrder(2000, Channel.CASH, key="form-1")
    for asked in (order, order, replace(order, owed_again=True)):
        refused = pytest.raises(KeyReused) if asked.owed_again else nullcontext()
        with refused, payer.transaction() as session:
            refund_requests.request(session, payment_id=1, order=asked, actor=AMY, now=payer.now)
    assert [refund.credited for refund in payer.refunds()] == [2000]


def test_an_invoice_settled_by_a_write_off_is_opened_without_a_reminder_of_old(engine: Engine) -> None:
    payer = PayingCustomer(engine, reminders=True, due_in=10)
    with payer.transaction() as session:
        adjustments.allow_parts(session, invoice_id=502, minimum=100, actor=AMY, now=payer.now)
    payer.pay(amount=6000)
    with payer.transaction() as session:
        adjustments.write_off(session, invoice_id=502, reason="x", actor=AMY, now=payer.now)
    payer.later(days=60)
    refund(payer, 6000, owed_again=True)
    refund_requests.carry_out(payer.context)
    assert payer.invoice().balance == 6000
    planner.plan_due(payer.context)
    assert not payer.mails("reminder")


def test_an_instalment_that_is_open_again_sets_off_no_reminder_of_old(engine: Engine) -> None:
    payer = PayingCustomer(engine, reminders=True, due_in=10)
    with payer.transaction() as session:
        parts = (Part(date(2026, 3, 20), 4000), Part(date(2026, 12, 1), 4250))
        agreement.agree(session, invoice_id=502, parts=parts, actor=AMY, now=payer.now)
    payer.pay()
    payer.later(days=60)
    refund(payer, 4000, owed_again=True)
    refund_requests.carry_out(payer.context)
    planner.plan_due(payer.context)
    assert not payer.mails("reminder")


def test_a_dispute_won_after_all_takes_back_what_a_browser_could_still_pay(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    dispute(payer, "lost")
    payer.start()
    dispute(payer, "won")
    assert payer.attempts()[-1].status is AttemptStatus.CANCELLING


def test_a_refund_that_fails_takes_back_what_a_browser_could_still_pay(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 8250, owed_again=True)
    refund_requests.carry_out(payer.context)
    payer.start()
    payer.gateway.refunds["re_1"] = replace(payer.gateway.refunds["re_1"], status="failed")
    payer.tell("refund.failed", "pi_1")
    assert payer.attempts()[-1].status is AttemptStatus.CANCELLING


def test_an_inquiry_that_was_closed_and_is_lost_later_holds_reminders(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    dispute(payer, "warning_needs_response")
    dispute(payer, "warning_closed")
    dispute(payer, "lost")
    assert payer.invoice().balance == 8250
    assert [h.lifted_at for h in payer.holds()].count(None) == 1


def test_one_dispute_won_of_two_does_not_end_the_hold(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session:
        adjustments.allow_parts(session, invoice_id=502, minimum=100, actor=AMY, now=payer.now)
    payer.pay(amount=4000)
    payer.pay(amount=2000)
    dispute(payer, "needs_response", 4000)
    dispute(payer, "needs_response", 2000, "pi_2", "dp_2")
    dispute(payer, "won", 4000)
    assert [h.lifted_at for h in payer.holds()].count(None) == 1


def test_a_dispute_leaves_the_hold_that_staff_placed(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    with payer.transaction() as session:
        holds.place(session, invoice_id=502, reason=HoldReason.DISPUTED, actor=AMY, now=payer.now)
    dispute(payer, "needs_response")
    dispute(payer, "won")
    assert [(hold.placed_by, hold.lifted_at) for hold in payer.holds()] == [(AMY, None)]


def test_no_mail_about_a_failed_debit_goes_out_after_the_payment(emailed: EmailedInvoice) -> None:
    intent = checkout.start_payment(
        GatewayContext(emailed.context.transaction, emailed.now, emailed.gateway),
        token=emailed.invoice().payment_token or "",
    )
    for change in (
        {"status": IntentStatus.PROCESSING},
        {"status": DECLINED, "failure": "insufficient_funds"},
    ):
        told = emailed.gateway.set(intent.id, **change)
        with emailed.context.transaction() as session:
            settlement.settle(session, intent=told, source="webhook", now=emailed.clock)
    assert len(emailed.messages("payment_failed")) == 1
    asked = ManualPayment(8250, Channel.CASH, date(2026, 3, 17))
    with emailed.context.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor=AMY, now=emailed.clock)
    emailed.turn()
    assert [message.state for message in emailed.messages("payment_failed")] == [MessageState.SUPPRESSED]


def test_a_dispute_is_dated_by_the_day_it_was_lost_whatever_is_told_later(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    dispute(payer, "lost")
    lost_at = payer.now
    payer.later(days=100)
    dispute(payer, "lost")
    with db.reading(engine) as session:
        assert session.scalars(select(Dispute.updated_at)).one() == lost_at
