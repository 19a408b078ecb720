"""What is owed again, or not any more, after money went back: no payment is lost, no volley goes out."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine

from paymail.models import AttemptStatus, Channel, MessageState, PaymentStatus
from paymail.ports.payments import GatewayDispute, IntentStatus
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
from tests.services.bench import Bench
from tests.services.till import Till

AMY = "amy@staff.example"
DECLINED = IntentStatus.REQUIRES_PAYMENT_METHOD


def refund(
    till: Till,
    amount: int,
    payment_id: int = 1,
    channel: Channel = Channel.STRIPE,
    *,
    owed_again: bool = False,
) -> None:
    order = RefundOrder(amount, channel, "one hour less", owed_again)
    with till.transaction() as session:
        refund_requests.request(session, payment_id=payment_id, order=order, actor=AMY, now=till.now)


def dispute(till: Till, status: str, amount: int = 8250, intent_id: str = "pi_1", name: str = "dp_1") -> None:
    till.gateway.disputes[name] = GatewayDispute(name, intent_id, amount, "AUD", status, "fraudulent", 1)
    till.tell("charge.dispute.updated", intent_id)


def test_what_is_paid_again_after_a_part_refund_and_a_lost_dispute_is_recorded(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    refund(till, 2000)
    refund_requests.carry_out(till.context)
    dispute(till, "lost", 6250)
    assert till.invoice().payment_status is PaymentStatus.UNPAID
    till.pay()
    assert till.invoice().payment_status is PaymentStatus.PARTIALLY_REFUNDED


def test_two_refunds_of_a_surplus_asked_at_once_leave_nothing_owed(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    asked = ManualPayment(8250, Channel.CASH, date(2026, 3, 17))
    with till.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor=AMY, now=till.now)
    refund(till, 4250)
    refund(till, 4000)
    refund(till, 8250, payment_id=2, channel=Channel.CASH)
    refund_requests.carry_out(till.context)
    invoice = till.invoice()
    assert (invoice.payment_status, invoice.balance) == (PaymentStatus.REFUNDED, 0)


def test_a_request_that_is_sent_twice_with_another_answer_to_what_is_owed_is_refused(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    order = RefundOrder(2000, Channel.CASH, key="form-1")
    for asked in (order, order, replace(order, owed_again=True)):
        refused = pytest.raises(KeyReused) if asked.owed_again else nullcontext()
        with refused, till.transaction() as session:
            refund_requests.request(session, payment_id=1, order=asked, actor=AMY, now=till.now)
    assert [refund.credited for refund in till.refunds()] == [2000]


def test_an_invoice_settled_by_a_write_off_is_opened_without_a_reminder_of_old(engine: Engine) -> None:
    till = Till(engine, reminders=True, due_in=10)
    with till.transaction() as session:
        adjustments.allow_parts(session, invoice_id=502, minimum=100, actor=AMY, now=till.now)
    till.pay(amount=6000)
    with till.transaction() as session:
        adjustments.write_off(session, invoice_id=502, reason="x", actor=AMY, now=till.now)
    till.later(days=60)
    refund(till, 6000, owed_again=True)
    refund_requests.carry_out(till.context)
    assert till.invoice().balance == 6000
    planner.plan_due(till.context)
    assert not till.mails("reminder")


def test_an_instalment_that_is_open_again_sets_off_no_reminder_of_old(engine: Engine) -> None:
    till = Till(engine, reminders=True, due_in=10)
    with till.transaction() as session:
        parts = (Part(date(2026, 3, 20), 4000), Part(date(2026, 12, 1), 4250))
        agreement.agree(session, invoice_id=502, parts=parts, actor=AMY, now=till.now)
    till.pay()
    till.later(days=60)
    refund(till, 4000, owed_again=True)
    refund_requests.carry_out(till.context)
    planner.plan_due(till.context)
    assert not till.mails("reminder")


def test_a_dispute_won_after_all_takes_back_what_a_browser_could_still_pay(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    dispute(till, "lost")
    till.start()
    dispute(till, "won")
    assert till.attempts()[-1].status is AttemptStatus.CANCELLING


def test_a_refund_that_fails_takes_back_what_a_browser_could_still_pay(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    refund(till, 8250, owed_again=True)
    refund_requests.carry_out(till.context)
    till.start()
    till.gateway.refunds["re_1"] = replace(till.gateway.refunds["re_1"], status="failed")
    till.tell("refund.failed", "pi_1")
    assert till.attempts()[-1].status is AttemptStatus.CANCELLING


def test_an_inquiry_that_was_closed_and_is_lost_later_holds_reminders(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    dispute(till, "warning_needs_response")
    dispute(till, "warning_closed")
    dispute(till, "lost")
    assert till.invoice().balance == 8250
    assert [h.lifted_at for h in till.holds()].count(None) == 1


def test_one_dispute_won_of_two_does_not_end_the_hold(engine: Engine) -> None:
    till = Till(engine)
    with till.transaction() as session:
        adjustments.allow_parts(session, invoice_id=502, minimum=100, actor=AMY, now=till.now)
    till.pay(amount=4000)
    till.pay(amount=2000)
    dispute(till, "needs_response", 4000)
    dispute(till, "needs_response", 2000, "pi_2", "dp_2")
    dispute(till, "won", 4000)
    assert [h.lifted_at for h in till.holds()].count(None) == 1


def test_a_dispute_leaves_the_hold_that_staff_placed(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    with till.transaction() as session:
        holds.place(session, invoice_id=502, reason=HoldReason.DISPUTED, actor=AMY, now=till.now)
    dispute(till, "needs_response")
    dispute(till, "won")
    assert [(hold.placed_by, hold.lifted_at) for hold in till.holds()] == [(AMY, None)]


def test_no_mail_about_a_failed_debit_goes_out_after_the_payment(bench: Bench) -> None:
    intent = checkout.start_payment(
        GatewayContext(bench.context.transaction, bench.now, bench.gateway),
        token=bench.invoice().payment_token or "",
    )
    for change in (
        {"status": IntentStatus.PROCESSING},
        {"status": DECLINED, "failure": "insufficient_funds"},
    ):
        told = bench.gateway.set(intent.id, **change)
        with bench.context.transaction() as session:
            settlement.settle(session, intent=told, source="webhook", now=bench.clock)
    assert len(bench.messages("payment_failed")) == 1
    asked = ManualPayment(8250, Channel.CASH, date(2026, 3, 17))
    with bench.context.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor=AMY, now=bench.clock)
    bench.turn()
    assert [message.state for message in bench.messages("payment_failed")] == [MessageState.SUPPRESSED]
