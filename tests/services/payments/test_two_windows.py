"""Two windows of one customer: an intent's amount never changes, and only one intent can be paid."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, update

from paymail.errors import Misconfigured
from paymail.models import AttemptStatus, GatewayEvent, GatewayEventState, Issuer
from paymail.ports.payments import GatewayAccount, Intent, IntentStatus
from paymail.services.links import pay_links
from paymail.services.links.lookup import AlreadyPaying, NotPayable
from paymail.services.payments import checkout, intent_cancellation, webhook_inbox
from paymail.services.plans import agreement, instalments
from paymail.services.plans.instalments import Cadence
from tests.services.interrupted import Interrupted
from tests.services.paying_customer import PayingCustomer


@pytest.fixture
def payer(engine: Engine) -> PayingCustomer:
    payer = PayingCustomer(engine, Interrupted())
    payer.allow_parts()
    return payer


def test_another_amount_is_another_intent_and_the_first_dies(payer: PayingCustomer) -> None:
    first = payer.start(amount=5000)
    assert payer.start(amount=5000).id == first.id
    second = payer.start(amount=2000)
    assert payer.payable() == [(second.id, 2000)]
    assert payer.gateway.intents[first.id].amount == 5000
    assert [(a.generation, a.amount, a.status) for a in payer.attempts()] == [
        (1, 5000, AttemptStatus.CANCELED),
        (2, 2000, AttemptStatus.OPEN),
    ]


def test_what_another_window_chose_while_stripe_made_the_intent_stays(payer: PayingCustomer) -> None:
    others: list[Intent] = []
    payer.gateway.after_create = lambda: others.append(payer.start(amount=2000))
    with pytest.raises(checkout.PaymentReplaced):
        payer.start(amount=5000)
    assert payer.payable() == [(others[0].id, 2000)]
    assert [(a.intent_id, a.amount) for a in payer.attempts()] == [(others[0].id, 2000)]


def test_who_pays_while_another_window_chooses_is_charged_what_was_shown(payer: PayingCustomer) -> None:
    shown = payer.start(amount=5000)
    payer.gateway.before_cancel = lambda: payer.gateway.succeed(shown.id)
    with pytest.raises(AlreadyPaying):
        payer.start(amount=2000)
    payer.tell("payment_intent.succeeded", shown.id)
    assert payer.invoice().amount_paid == 5000
    assert payer.payable() == [(shown.id, 5000)]


def test_both_of_a_double_click_at_another_amount_get_one_intent(payer: PayingCustomer) -> None:
    payer.start(amount=5000)
    clicks: list[Intent] = []
    payer.gateway.before_cancel = lambda: clicks.append(payer.start(amount=2000))
    clicks.append(payer.start(amount=2000))
    assert clicks[0].id == clicks[1].id
    assert payer.payable() == [(clicks[0].id, 2000)]


def test_an_intent_that_differs_from_the_books_is_not_given_out(payer: PayingCustomer) -> None:
    first = payer.start(amount=5000)
    payer.gateway.set(first.id, amount=8250)
    second = payer.start(amount=5000)
    assert payer.payable() == [(second.id, 5000)]


def test_who_asked_first_leaves_alone_what_was_asked_for_later(payer: PayingCustomer) -> None:
    def undo() -> None:
        payer.start(amount=2000)
        payer.gateway.before_cancel = undo

    payer.start(amount=5000)
    payer.gateway.before_cancel = undo
    with pytest.raises(checkout.PaymentReplaced):
        payer.start(amount=3000)
    assert len(payer.payable()) == 1


def test_a_fee_that_staff_changed_is_charged_from_then_on(payer: PayingCustomer) -> None:
    first = payer.start()
    with payer.transaction() as session:
        session.execute(update(Issuer).values(application_fee=50))
    second = payer.start()
    assert payer.payable() == [(second.id, first.amount)]
    assert payer.attempts()[-1].fee == 41


def test_a_payment_that_arrives_while_another_window_asks_is_called_so(payer: PayingCustomer) -> None:
    intent = payer.start(amount=5000)
    payer.gateway.after_retrieve = lambda: (
        payer.gateway.succeed(intent.id),
        payer.tell("payment_intent.succeeded", intent.id),
    )
    with pytest.raises(AlreadyPaying):
        payer.start(amount=5000)


def test_the_account_that_staff_changed_is_paid_from_then_on(payer: PayingCustomer) -> None:
    first = payer.start()
    with payer.transaction() as session:
        session.execute(update(Issuer).values(stripe_account="acct_new"))
    second = payer.start()
    assert (second.account, payer.payable()) == ("acct_new", [(second.id, first.amount)])


def test_the_old_links_request_takes_nothing_from_the_new_link(payer: PayingCustomer) -> None:
    given: list[Intent] = []

    def regenerate_and_use() -> None:
        with payer.transaction() as session:
            pay_links.regenerate(session, invoice_id=502, actor="amy", now=payer.now)
        payer.token = payer.invoice().payment_token or ""
        given.append(payer.start(amount=5000))

    payer.gateway.after_create = regenerate_and_use
    with pytest.raises(NotPayable):
        payer.start(amount=5000)
    assert payer.payable() == [(given[0].id, 5000)]


def test_a_debit_that_fails_leaves_no_intent_to_the_link_that_was_replaced(payer: PayingCustomer) -> None:
    intent = payer.start(amount=5000)
    with payer.transaction() as session:
        pay_links.regenerate(session, invoice_id=502, actor="amy", now=payer.now)
    payer.gateway.set(intent.id, status=IntentStatus.PROCESSING)
    intent_cancellation.cancel_marked(payer.context)
    assert payer.attempts()[0].status is AttemptStatus.PROCESSING
    payer.gateway.set(intent.id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, failure="account_closed")
    payer.tell("payment_intent.payment_failed", intent.id)
    payer.later(minutes=1)
    intent_cancellation.cancel_marked(payer.context)
    assert payer.payable() == []


def test_old_news_of_a_debit_that_failed_and_was_replaced_kills_no_event(payer: PayingCustomer) -> None:
    intent = payer.start(amount=5000)
    payer.gateway.set(intent.id, status=IntentStatus.PROCESSING)

    def fail_and_replace() -> None:
        payer.gateway.set(intent.id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, failure="account_closed")
        payer.start(amount=2000)

    payer.gateway.after_retrieve = fail_and_replace
    payer.tell("payment_intent.processing", intent.id)
    payer.later(hours=1)
    webhook_inbox.work_events(payer.context)
    assert [event.state for event in payer.all(GatewayEvent)] == [GatewayEventState.DONE]


class CutOff(Interrupted):
    """Stripe refuses these accounts."""

    refused: tuple[str, ...] = ()

    def retrieve_intent(self, **asked: Any) -> Intent:
        self.account(account=asked["account"])
        return super().retrieve_intent(**asked)

    def account(self, *, account: str = "") -> GatewayAccount:
        if account in self.refused:
            raise Misconfigured("no access to this account")
        return super().account(account=account)


@pytest.fixture
def moved(engine: Engine) -> PayingCustomer:
    """An invoice with an open intent whose issuer has another account by now."""
    payer = PayingCustomer(engine, CutOff())
    payer.start()
    with payer.transaction() as session:
        session.execute(update(Issuer).values(stripe_account="acct_new"))
    return payer


def test_an_account_that_was_cut_off_does_not_stop_the_one_after_it(moved: PayingCustomer) -> None:
    moved.gateway.refused = ("acct_sandbox",)
    assert moved.start().account == "acct_new"
    assert [(a.account, a.status) for a in moved.attempts()] == [
        ("acct_sandbox", AttemptStatus.CANCELED),
        ("acct_new", AttemptStatus.OPEN),
    ]
    assert len(moved.mails("notice")) == 1


def test_a_key_that_is_wrong_gives_no_intent_up(moved: PayingCustomer) -> None:
    paid = moved.attempts()[0].intent_id or ""
    moved.gateway.succeed(paid)
    moved.gateway.refused = ("acct_sandbox", "acct_new")
    with pytest.raises(Misconfigured):
        moved.start()
    moved.gateway.refused = ()
    with pytest.raises(AlreadyPaying):
        moved.start()
    moved.tell("payment_intent.succeeded", paid)
    assert moved.invoice().amount_paid == 8250


def test_what_one_window_paid_is_not_paid_again_by_the_other(payer: PayingCustomer) -> None:
    assert payer.pay(amount=2000, seen=8250)
    with pytest.raises(NotPayable):
        payer.start(amount=2000, seen=8250)
    assert payer.start(amount=2000, seen=6250)


def test_an_instalment_that_one_window_paid_is_not_followed_by_the_next(payer: PayingCustomer) -> None:
    parts = instalments.equal_parts(8250, 3, date(2026, 4, 1), Cadence.MONTHLY)
    with payer.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=payer.now)
    assert payer.pay(seen=8250).amount == 2750
    with pytest.raises(NotPayable):
        payer.start(seen=8250)
