"""Money that goes back: once, by the books, whoever asked for it and in whatever order the news comes."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine

from paymail.errors import Conflict, InvalidInput
from paymail.models import Channel, Dispute, Invoice, PaymentStatus, RefundStatus
from paymail.money import NotChargeable
from paymail.ports.payment_errors import KeySpent
from paymail.ports.payments import IntentStatus
from paymail.ports.reversals import GatewayDispute, GatewayRefund
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import issuer_settings, setting_texts
from paymail.services.letters import credit_notes
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from tests.factories import LedgerGateway
from tests.services.paying_customer import PayingCustomer


def refund(payer: PayingCustomer, amount: int, channel: Channel = Channel.STRIPE, **more: object) -> int:
    order = RefundOrder(amount, channel, "one hour less", **more)  # type: ignore[arg-type]
    with payer.transaction() as session:
        return refund_requests.request(
            session, payment_id=1, order=order, actor="amy@staff.example", now=payer.now
        ).refund_id


def books(invoice: Invoice) -> tuple[object, ...]:
    return (invoice.payment_status, invoice.balance, invoice.amount_refunded, invoice.amount_credited)


def test_a_part_refund_is_made_at_stripe_credited_and_told(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 2000)
    assert books(payer.invoice())[2] == 0, "it counts once Stripe has it"
    assert refund_requests.carry_out(payer.context) == 1
    assert books(payer.invoice()) == (PaymentStatus.PARTIALLY_REFUNDED, 0, 2000, 2000)
    (row,) = payer.refunds()
    assert (row.status, row.credit_note, row.gateway_id) == (RefundStatus.SUCCEEDED, 1, "re_1")
    assert len(payer.mails("refund")) == 1
    assert refund_requests.carry_out(payer.context) == 0


def test_a_full_refund_leaves_nothing_owed(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 8250)
    refund_requests.carry_out(payer.context)
    assert books(payer.invoice()) == (PaymentStatus.REFUNDED, 0, 8250, 8250)


def test_a_refund_that_leaves_it_owed_opens_the_invoice_without_a_volley(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    payer.later(days=60)
    refund(payer, 8250, owed_again=True)
    refund_requests.carry_out(payer.context)
    invoice = payer.invoice()
    assert books(invoice) == (PaymentStatus.UNPAID, 8250, 8250, 0)
    assert invoice.reminders_from == payer.now
    assert payer.start().amount == 8250


def test_asking_twice_refunds_once(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    assert refund(payer, 2000, key="form-1") == refund(payer, 2000, key="form-1")
    with pytest.raises(Conflict):
        refund(payer, 3000, key="form-1")
    with pytest.raises(Conflict):
        refund(payer, 2000, key="form-1", owed_again=True)
    refund_requests.carry_out(payer.context)
    assert payer.invoice().amount_refunded == 2000


def test_asking_twice_with_the_other_answer_to_owed_again_is_refused_either_way(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 2000, key="form-1", owed_again=True)
    with pytest.raises(Conflict):
        refund(payer, 2000, key="form-1")


def test_no_more_goes_back_than_came_in(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 8000)
    with pytest.raises(InvalidInput, match=r"2\.50"):
        refund(payer, 251)
    refund(payer, 250)


def test_the_return_of_a_surplus_is_no_credit(engine: Engine) -> None:
    payer = PayingCustomer(engine, paid=4000)
    intent = payer.start()
    with payer.transaction() as session:
        session.get_one(Invoice, 502).amount_paid += 4250  # the host was paid meanwhile
    payer.gateway.succeed(intent.id)
    payer.tell("payment_intent.succeeded", intent.id)
    assert payer.invoice().overpaid == 4250
    refund(payer, 4250)
    refund_requests.carry_out(payer.context)
    assert books(payer.invoice()) == (PaymentStatus.PAID, 0, 4250, 0)
    assert payer.refunds()[0].credit_note is None


def test_a_recorded_refund_counts_at_once_and_stripe_is_not_asked(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 2000, Channel.BANK_TRANSFER)
    assert books(payer.invoice()) == (PaymentStatus.PARTIALLY_REFUNDED, 0, 2000, 2000)
    assert not payer.gateway.refunds


class Forgetful(LedgerGateway):
    """Makes the refund, and then the answer is lost."""

    lost = 0

    def create_refund(self, **asked: Any) -> GatewayRefund:
        made = super().create_refund(**asked)
        if self.lost < 3:
            self.lost += 1
            raise KeySpent("Stripe had an internal error")
        return made


def test_an_answer_that_is_lost_does_not_refund_twice(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.gateway = Forgetful()
    payer.context = replace(payer.context, gateway=payer.gateway)
    payer.pay()
    refund(payer, 2000)
    for _ in range(5):
        refund_requests.carry_out(payer.context)
        payer.later(hours=1)
    assert len(payer.gateway.refunds) == 1
    assert payer.invoice().amount_refunded == 2000


def test_what_stripe_refuses_fails_and_staff_are_told(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payment = payer.pay()
    payer.gateway.set(str(payment.intent_id), amount_received=100)
    refund(payer, 2000)
    refund_requests.carry_out(payer.context)
    assert payer.refunds()[0].status is RefundStatus.FAILED
    assert books(payer.invoice()) == (PaymentStatus.PAID, 0, 0, 0)
    assert len(payer.mails("notice")) == 1


@pytest.mark.parametrize("order", list(permutations(["refund.created", "refund.failed", "charge.refunded"])))
def test_a_refund_that_fails_later_undoes_itself_in_any_order_of_news(
    engine: Engine, order: tuple[str, ...]
) -> None:
    payer = PayingCustomer(engine)
    payer.gateway.refund_status = "pending"
    intent_id = str(payer.pay().intent_id)
    refund(payer, 2000)
    refund_requests.carry_out(payer.context)
    assert payer.invoice().amount_refunded == 2000
    asked = {"invoice_id": 502, "refund_id": payer.refunds()[0].refund_id}
    with payer.transaction() as session:
        assert credit_notes.refund_of(session, **asked).credit_note
    payer.gateway.refunds["re_1"] = replace(payer.gateway.refunds["re_1"], status="failed")
    for kind in order:
        payer.tell(kind, intent_id)
    assert books(payer.invoice()) == (PaymentStatus.PAID, 0, 0, 0)
    assert payer.happened("refund_failed") == 1
    assert len(payer.mails("notice")) == 1
    with payer.transaction() as session, pytest.raises(credit_notes.NoCreditNote):
        credit_notes.refund_of(session, **asked)


def test_a_refund_made_at_stripe_comes_in_by_webhook_even_before_its_payment(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    payer.gateway.succeed(intent.id)
    payer.gateway.refunds["re_9"] = GatewayRefund("re_9", intent.id, 1000, "AUD", "succeeded")
    payer.tell("charge.refunded", intent.id)
    assert books(payer.invoice()) == (PaymentStatus.PARTIALLY_REFUNDED, 0, 1000, 1000)
    payer.tell("refund.created", intent.id)
    assert len(payer.refunds()) == len(payer.mails("refund")) == 1


def dispute(payer: PayingCustomer, status: str, amount: int = 8250) -> None:
    intent_id = "pi_1"
    payer.gateway.disputes["dp_1"] = GatewayDispute(
        "dp_1", intent_id, amount, "AUD", status, "fraudulent", 1_775_000_000
    )
    payer.tell("charge.dispute.updated", intent_id)


def test_a_dispute_holds_reminders_and_a_lost_one_opens_the_invoice(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    dispute(payer, "needs_response")
    assert [hold.reason for hold in payer.holds()] == ["disputed"]
    assert payer.invoice().payment_status is PaymentStatus.PAID
    with pytest.raises(Conflict):
        refund(payer, 100)
    dispute(payer, "lost")
    invoice = payer.invoice()
    assert (invoice.payment_status, invoice.balance) == (PaymentStatus.UNPAID, 8250)
    assert [hold.lifted_at for hold in payer.holds()] == [None], "staff decide about reminders"
    lost_at = payer.now
    payer.later(days=40)
    dispute(payer, "lost")
    assert payer.invoice().amount_charged_back == 8250
    (row,) = payer.all(Dispute)
    assert row.updated_at == lost_at, "reports go by the day on which it was lost"  # type: ignore[attr-defined]
    assert len(payer.mails("notice")) == 2


def test_a_dispute_that_is_won_changes_nothing_and_ends_its_hold(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    dispute(payer, "under_review")
    dispute(payer, "won")
    assert books(payer.invoice()) == (PaymentStatus.PAID, 0, 0, 0)
    assert payer.holds()[0].lifted_at is not None


def test_a_lost_dispute_that_is_reinstated_pays_again(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    dispute(payer, "lost")
    dispute(payer, "won")
    assert payer.invoice().amount_charged_back == 0
    assert payer.invoice().payment_status is PaymentStatus.PAID
    assert len(payer.all(Dispute)) == 1


def test_a_bank_debit_that_fails_is_owed_again_and_the_customer_is_told_once(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    payer.gateway.set(intent.id, status=IntentStatus.PROCESSING)
    payer.tell("payment_intent.processing", intent.id)
    assert payer.invoice().payment_status is PaymentStatus.PROCESSING
    payer.later(days=3)
    payer.gateway.set(intent.id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, failure="insufficient_funds")
    for _ in range(3):
        payer.tell("payment_intent.payment_failed", intent.id)
    assert payer.invoice().payment_status is PaymentStatus.UNPAID
    # Once, and with the bank's reason.
    assert [mail.detail for mail in payer.mails("payment_failed")] == ["insufficient_funds"]


def test_a_card_that_is_declined_sends_no_mail(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.start()
    payer.gateway.set(intent.id, failure="card_declined")
    payer.tell("payment_intent.payment_failed", intent.id)
    assert not payer.mails("payment_failed")


def test_the_platforms_fee_goes_with_the_amount(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session:
        issuer = find_issuer(session)
        issuer_settings.set_up_issuer(
            session,
            issuer=issuer,
            actor="test",
            changes={"application_fee": setting_texts.fee("1.5")},
            now=payer.now,
        )
    payer.start()
    assert payer.attempts()[0].fee == 124  # 1.5 % of 8250, halves up


@pytest.mark.parametrize("text", ["31", "-1", "1.555", "x", ""])
def test_a_fee_that_cannot_be_is_refused(engine: Engine, text: str) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session, pytest.raises(InvalidInput):
        issuer_settings.set_up_issuer(
            session,
            issuer=find_issuer(session),
            actor="test",
            changes={"application_fee": setting_texts.fee(text)},
            now=payer.now,
        )


@pytest.mark.parametrize(
    ("currency", "subtotal", "stripes"),
    [("JPY", 5000, 5000), ("KWD", 12340, 12340), ("ISK", 5000, 500000), ("AUD", 7500, 7500)],
)
def test_money_goes_and_comes_back_in_each_currencys_units(
    engine: Engine, currency: str, subtotal: int, stripes: int
) -> None:
    payer = PayingCustomer(engine, currency=currency, subtotal=subtotal, tax=0)
    assert payer.start().amount == stripes
    payer.pay()
    assert payer.invoice().amount_paid == subtotal
    refund(payer, 1000)
    refund_requests.carry_out(payer.context)
    assert payer.invoice().amount_refunded == 1000
    assert payer.gateway.refunds["re_1"].amount == stripes * 1000 // subtotal


@pytest.mark.parametrize(("currency", "subtotal"), [("JPY", 49), ("KWD", 12341), ("ISK", 100_000_000)])
def test_what_stripe_would_refuse_is_refused_before_it_is_asked(
    engine: Engine, currency: str, subtotal: int
) -> None:
    payer = PayingCustomer(engine, currency=currency, subtotal=subtotal, tax=0)
    with pytest.raises(NotChargeable):
        payer.start()
    assert not payer.gateway.intents
