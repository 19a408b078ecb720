"""What the sweep carries out at Stripe: refunds and withdrawals, through crashes and accounts cut off."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from paymail.errors import Unavailable
from paymail.models import Channel, Invoice, Issuer
from paymail.ports.payments import Intent, IntentStatus
from paymail.ports.reversals import GatewayRefund
from paymail.services.ledger import open_intent
from paymail.services.payments import checkout, intent_cancellation
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from tests.factories import LedgerGateway, make_invoice
from tests.services.paying_customer import PayingCustomer

AMY = "amy@staff.example"


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Deadly(LedgerGateway):
    """Makes the first refund, and the process that asked for it dies."""

    killed: bool = False

    def create_refund(self, **asked: Any) -> GatewayRefund:
        made = super().create_refund(**asked)
        if not self.killed:
            self.killed = True
            raise Killed
        return made


def at(gateway: LedgerGateway, payer: PayingCustomer) -> None:
    payer.gateway = gateway
    payer.context = replace(payer.context, gateway=gateway)


def test_a_refund_whose_process_died_is_looked_up_when_stripe_has_forgotten_its_key(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    at(Deadly(), payer)
    payer.pay()
    with payer.transaction() as session:
        order = RefundOrder(2000, Channel.STRIPE)
        refund_requests.request(session, payment_id=1, order=order, actor=AMY, now=payer.now)
    with pytest.raises(Killed):
        refund_requests.carry_out(payer.context)
    payer.later(days=2)
    payer.gateway.by_key.clear()
    refund_requests.carry_out(payer.context)
    assert len(payer.gateway.refunds) == 1
    assert payer.invoice().amount_refunded == 2000


def test_the_refund_of_a_lost_row_is_not_taken_for_a_later_row_of_the_same_id(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payment = payer.pay()
    lost = GatewayRefund("re_lost", str(payment.intent_id), 2000, "AUD", "succeeded", reference="1")
    reference = f"1-{payer.now - timedelta(days=1):%Y%m%d%H%M%S%f}"
    for number, told in enumerate([lost, replace(lost, reference=reference)]):
        payer.gateway.refunds[f"re_lost{number}"] = replace(
            told, id=f"re_lost{number}", created=int((payer.now - timedelta(days=1)).timestamp())
        )
    ask_and_carry_out(payer, tries=1)
    assert len(payer.gateway.refunds) == 3
    assert payer.refunds()[0].gateway_id == "re_3"
    payer.tell("refund.updated", str(payment.intent_id))
    assert len(payer.refunds()) == 3


def test_a_refund_that_the_code_before_asked_for_is_still_known(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payment = payer.pay()
    made = GatewayRefund("re_old", str(payment.intent_id), 2000, "AUD", "succeeded", reference="1")
    payer.gateway.refunds[made.id] = replace(made, created=int(payer.now.timestamp()))
    ask_and_carry_out(payer, tries=1)
    assert list(payer.gateway.refunds) == ["re_old"]
    assert [one.gateway_id for one in payer.refunds()] == ["re_old"]


def ask_and_carry_out(payer: PayingCustomer, *, tries: int) -> None:
    """Ask for 20.00 back; with `tries` it is looked for at Stripe first."""
    with payer.transaction() as session:
        order = RefundOrder(2000, Channel.STRIPE)
        asked = refund_requests.request(session, payment_id=1, order=order, actor=AMY, now=payer.now)
        asked.tries = tries
    refund_requests.carry_out(payer.context)


@dataclass
class PartlyAway(LedgerGateway):
    """Does not answer about some intents, as when an account is cut off."""

    away: set[str] = field(default_factory=set)

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        if intent_id in self.away:
            raise Unavailable("Stripe does not answer")
        return super().retrieve_intent(account=account, intent_id=intent_id)


def test_intents_that_cannot_be_cancelled_do_not_stop_the_others(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    gateway = PartlyAway()
    at(gateway, payer)
    for invoice_id in range(600, 605):
        with payer.transaction() as session:
            token = make_invoice(session, invoice_id=invoice_id).payment_token or ""
        gateway.away.add(checkout.start_payment(payer.context, token=token).id)
        with payer.transaction() as session:
            open_intent.mark_for_cancellation(session, invoice_id=invoice_id, now=payer.now)
        payer.later(seconds=1)
    intent = payer.start()
    with payer.transaction() as session:
        open_intent.mark_for_cancellation(session, invoice_id=502, now=payer.now)
    for _ in range(2):
        intent_cancellation.cancel_marked(payer.context, limit=5)
        payer.later(seconds=31)
    assert gateway.intents[intent.id].status is IntentStatus.CANCELED


def test_another_amount_has_a_fee_of_its_own(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session:
        session.execute(update(Issuer).values(application_fee=50))
        session.execute(update(Invoice).values(part_minimum=50))
    payer.start()
    assert payer.attempts()[-1].fee == 41
    payer.start(amount=60)
    assert payer.attempts()[-1].fee == 0


def refunded_at_stripe(payer: PayingCustomer, payment_id: int, *, refund_fees: bool) -> bool | None:
    """Refund AUD 20.00; return what Stripe was told about the platform's fee."""
    with payer.transaction() as session:
        order = RefundOrder(2000, Channel.STRIPE)
        refund_requests.request(session, payment_id=payment_id, order=order, actor=AMY, now=payer.now)
    assert refund_requests.carry_out(payer.context, refund_fees=refund_fees) == 1
    return payer.gateway.fees_refunded[-1]


def test_the_platforms_fee_goes_back_with_a_refund_unless_it_is_kept(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    with payer.transaction() as session:
        session.execute(update(Issuer).values(application_fee=50))
    payment = payer.pay()
    assert refunded_at_stripe(payer, payment.payment_id, refund_fees=True) is True
    assert refunded_at_stripe(payer, payment.payment_id, refund_fees=False) is False
    assert payer.invoice().amount_refunded == 4000


def test_a_payment_without_a_fee_is_refunded_without_a_word_about_it(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payment = payer.pay()
    with payer.transaction() as session:  # a fee of today says nothing about a payment of before
        session.execute(update(Issuer).values(application_fee=50))
    assert refunded_at_stripe(payer, payment.payment_id, refund_fees=True) is None
