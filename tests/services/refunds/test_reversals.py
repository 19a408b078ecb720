"""Money that goes back: once, by the books, whoever asked for it and in whatever order the news comes."""

from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import Engine

from paymail.errors import Conflict, InvalidInput
from paymail.models import Channel, Dispute, Invoice, PaymentStatus, RefundStatus
from paymail.money import NotChargeable
from paymail.ports.payments import GatewayDispute, GatewayRefund, IntentStatus, KeySpent
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import issuer_settings
from paymail.services.letters import credit_notes
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from tests.factories import LedgerGateway
from tests.services.till import Till


def refund(till: Till, amount: int, channel: Channel = Channel.STRIPE, **more: object) -> int:
    order = RefundOrder(amount, channel, "one hour less", **more)  # type: ignore[arg-type]
    with till.transaction() as session:
        return refund_requests.request(
            session, payment_id=1, order=order, actor="amy@staff.example", now=till.now
        ).refund_id


def books(invoice: Invoice) -> tuple[object, ...]:
    return (invoice.payment_status, invoice.balance, invoice.amount_refunded, invoice.amount_credited)


def test_a_part_refund_is_made_at_stripe_credited_and_told(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    refund(till, 2000)
    assert books(till.invoice())[2] == 0, "it counts once Stripe has it"
    assert refund_requests.carry_out(till.context) == 1
    assert books(till.invoice()) == (PaymentStatus.PARTIALLY_REFUNDED, 0, 2000, 2000)
    (row,) = till.refunds()
    assert (row.status, row.credit_note, row.gateway_id) == (RefundStatus.SUCCEEDED, 1, "re_1")
    assert len(till.mails("refund")) == 1
    assert refund_requests.carry_out(till.context) == 0


def test_a_full_refund_leaves_nothing_owed(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    refund(till, 8250)
    refund_requests.carry_out(till.context)
    assert books(till.invoice()) == (PaymentStatus.REFUNDED, 0, 8250, 8250)


def test_a_refund_that_leaves_it_owed_opens_the_invoice_without_a_volley(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    till.later(days=60)
    refund(till, 8250, owed_again=True)
    refund_requests.carry_out(till.context)
    invoice = till.invoice()
    assert books(invoice) == (PaymentStatus.UNPAID, 8250, 8250, 0)
    assert invoice.reminders_from == till.now
    assert till.start().amount == 8250


def test_asking_twice_refunds_once(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    assert refund(till, 2000, key="form-1") == refund(till, 2000, key="form-1")
    with pytest.raises(Conflict):
        refund(till, 3000, key="form-1")
    refund_requests.carry_out(till.context)
    assert till.invoice().amount_refunded == 2000


def test_no_more_goes_back_than_came_in(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    refund(till, 8000)
    with pytest.raises(InvalidInput, match=r"2\.50"):
        refund(till, 251)
    refund(till, 250)


def test_the_return_of_a_surplus_is_no_credit(engine: Engine) -> None:
    till = Till(engine, paid=4000)
    intent = till.start()
    with till.transaction() as session:
        session.get_one(Invoice, 502).amount_paid += 4250  # the host was paid meanwhile
    till.gateway.succeed(intent.id)
    till.tell("payment_intent.succeeded", intent.id)
    assert till.invoice().overpaid == 4250
    refund(till, 4250)
    refund_requests.carry_out(till.context)
    assert books(till.invoice()) == (PaymentStatus.PAID, 0, 4250, 0)
    assert till.refunds()[0].credit_note is None


def test_a_recorded_refund_counts_at_once_and_stripe_is_not_asked(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    refund(till, 2000, Channel.BANK_TRANSFER)
    assert books(till.invoice()) == (PaymentStatus.PARTIALLY_REFUNDED, 0, 2000, 2000)
    assert not till.gateway.refunds


class Forgetful(LedgerGateway):
    """Makes the refund, and then the answer is lost."""

    lost = 0

    def create_refund(
        self, *, account: str, intent_id: str, amount: int, reference: str, idempotency_key: str
    ) -> GatewayRefund:
        made = super().create_refund(
            account=account,
            intent_id=intent_id,
            amount=amount,
            reference=reference,
            idempotency_key=idempotency_key,
        )
        if self.lost < 3:
            self.lost += 1
            raise KeySpent("Stripe had an internal error")
        return made


def test_an_answer_that_is_lost_does_not_refund_twice(engine: Engine) -> None:
    till = Till(engine)
    till.gateway = Forgetful()
    till.context = replace(till.context, gateway=till.gateway)
    till.pay()
    refund(till, 2000)
    for _ in range(5):
        refund_requests.carry_out(till.context)
        till.later(hours=1)
    assert len(till.gateway.refunds) == 1
    assert till.invoice().amount_refunded == 2000


def test_what_stripe_refuses_fails_and_staff_are_told(engine: Engine) -> None:
    till = Till(engine)
    payment = till.pay()
    till.gateway.set(str(payment.intent_id), amount_received=100)
    refund(till, 2000)
    refund_requests.carry_out(till.context)
    assert till.refunds()[0].status is RefundStatus.FAILED
    assert books(till.invoice()) == (PaymentStatus.PAID, 0, 0, 0)
    assert len(till.mails("notice")) == 1


@pytest.mark.parametrize("order", list(permutations(["refund.created", "refund.failed", "charge.refunded"])))
def test_a_refund_that_fails_later_undoes_itself_in_any_order_of_news(
    engine: Engine, order: tuple[str, ...]
) -> None:
    till = Till(engine)
    till.gateway.refund_status = "pending"
    intent_id = str(till.pay().intent_id)
    refund(till, 2000)
    refund_requests.carry_out(till.context)
    assert till.invoice().amount_refunded == 2000
    asked = {"invoice_id": 502, "refund_id": till.refunds()[0].refund_id}
    with till.transaction() as session:
        assert credit_notes.refund_of(session, **asked).credit_note
    till.gateway.refunds["re_1"] = replace(till.gateway.refunds["re_1"], status="failed")
    for kind in order:
        till.tell(kind, intent_id)
    assert books(till.invoice()) == (PaymentStatus.PAID, 0, 0, 0)
    assert till.happened("refund_failed") == 1
    assert len(till.mails("notice")) == 1
    with till.transaction() as session, pytest.raises(credit_notes.NoCreditNote):
        credit_notes.refund_of(session, **asked)


def test_a_refund_made_at_stripe_comes_in_by_webhook_even_before_its_payment(engine: Engine) -> None:
    till = Till(engine)
    intent = till.start()
    till.gateway.succeed(intent.id)
    till.gateway.refunds["re_9"] = GatewayRefund("re_9", intent.id, 1000, "AUD", "succeeded")
    till.tell("charge.refunded", intent.id)
    assert books(till.invoice()) == (PaymentStatus.PARTIALLY_REFUNDED, 0, 1000, 1000)
    till.tell("refund.created", intent.id)
    assert len(till.refunds()) == len(till.mails("refund")) == 1


def dispute(till: Till, status: str, amount: int = 8250) -> None:
    intent_id = "pi_1"
    till.gateway.disputes["dp_1"] = GatewayDispute(
        "dp_1", intent_id, amount, "AUD", status, "fraudulent", 1_775_000_000
    )
    till.tell("charge.dispute.updated", intent_id)


def test_a_dispute_holds_reminders_and_a_lost_one_opens_the_invoice(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    dispute(till, "needs_response")
    assert [hold.reason for hold in till.holds()] == ["disputed"]
    assert till.invoice().payment_status is PaymentStatus.PAID
    with pytest.raises(Conflict):
        refund(till, 100)
    dispute(till, "lost")
    invoice = till.invoice()
    assert (invoice.payment_status, invoice.balance) == (PaymentStatus.UNPAID, 8250)
    assert [hold.lifted_at for hold in till.holds()] == [None], "staff decide about reminders"
    dispute(till, "lost")
    assert till.invoice().amount_charged_back == 8250
    assert len(till.mails("notice")) == 2


def test_a_dispute_that_is_won_changes_nothing_and_ends_its_hold(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    dispute(till, "under_review")
    dispute(till, "won")
    assert books(till.invoice()) == (PaymentStatus.PAID, 0, 0, 0)
    assert till.holds()[0].lifted_at is not None


def test_a_lost_dispute_that_is_reinstated_pays_again(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    dispute(till, "lost")
    dispute(till, "won")
    assert till.invoice().amount_charged_back == 0
    assert till.invoice().payment_status is PaymentStatus.PAID
    assert len(till.all(Dispute)) == 1


def test_a_bank_debit_that_fails_is_owed_again_and_the_customer_is_told_once(engine: Engine) -> None:
    till = Till(engine)
    intent = till.start()
    till.gateway.set(intent.id, status=IntentStatus.PROCESSING)
    till.tell("payment_intent.processing", intent.id)
    assert till.invoice().payment_status is PaymentStatus.PROCESSING
    till.later(days=3)
    till.gateway.set(intent.id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, failure="insufficient_funds")
    for _ in range(3):
        till.tell("payment_intent.payment_failed", intent.id)
    assert till.invoice().payment_status is PaymentStatus.UNPAID
    assert len(till.mails("payment_failed")) == 1


def test_a_card_that_is_declined_sends_no_mail(engine: Engine) -> None:
    till = Till(engine)
    intent = till.start()
    till.gateway.set(intent.id, failure="card_declined")
    till.tell("payment_intent.payment_failed", intent.id)
    assert not till.mails("payment_failed")


def test_the_platforms_fee_goes_with_the_amount(engine: Engine) -> None:
    till = Till(engine)
    with till.transaction() as session:
        issuer = find_issuer(session)
        issuer_settings.set_up_issuer(
            session, issuer=issuer, changes={"application_fee": issuer_settings.fee("1.5")}, now=till.now
        )
    till.start()
    assert till.attempts()[0].fee == 124  # 1.5 % of 8250, halves up


@pytest.mark.parametrize("text", ["31", "-1", "1.555", "x", ""])
def test_a_fee_that_cannot_be_is_refused(engine: Engine, text: str) -> None:
    till = Till(engine)
    with till.transaction() as session, pytest.raises(InvalidInput):
        issuer_settings.set_up_issuer(
            session,
            issuer=find_issuer(session),
            changes={"application_fee": issuer_settings.fee(text)},
            now=till.now,
        )


@pytest.mark.parametrize(
    ("currency", "subtotal", "stripes"),
    [("JPY", 5000, 5000), ("KWD", 12340, 12340), ("ISK", 5000, 500000), ("AUD", 7500, 7500)],
)
def test_money_goes_and_comes_back_in_each_currencys_units(
    engine: Engine, currency: str, subtotal: int, stripes: int
) -> None:
    till = Till(engine, currency=currency, subtotal=subtotal, tax=0)
    assert till.start().amount == stripes
    till.pay()
    assert till.invoice().amount_paid == subtotal
    refund(till, 1000)
    refund_requests.carry_out(till.context)
    assert till.invoice().amount_refunded == 1000
    assert till.gateway.refunds["re_1"].amount == stripes * 1000 // subtotal


@pytest.mark.parametrize(("currency", "subtotal"), [("JPY", 49), ("KWD", 12341), ("ISK", 100_000_000)])
def test_what_stripe_would_refuse_is_refused_before_it_is_asked(
    engine: Engine, currency: str, subtotal: int
) -> None:
    till = Till(engine, currency=currency, subtotal=subtotal, tax=0)
    with pytest.raises(NotChargeable):
        till.start()
    assert not till.gateway.intents
