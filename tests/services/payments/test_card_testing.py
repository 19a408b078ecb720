"""Declined cards are counted per invoice and hour, whatever the amount, by when Stripe declined them."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from paymail.models import AttemptStatus
from paymail.services.payments import intent_cancellation
from paymail.services.payments.card_testing import TooManyDeclines
from tests.services.paying_customer import PayingCustomer


@pytest.fixture
def payer(engine: Engine) -> PayingCustomer:
    payer = PayingCustomer(engine)
    payer.allow_parts()
    return payer


def decline(payer: PayingCustomer, intent_id: str, times: int, at: datetime | None = None) -> None:
    for _ in range(times):
        payer.gateway.set(intent_id, failure="card_declined")
        payer.tell("payment_intent.payment_failed", intent_id, at)


def test_choosing_another_amount_begins_no_new_count_of_declined_cards(payer: PayingCustomer) -> None:
    decline(payer, payer.start(amount=2000).id, 5)
    second = payer.start(amount=3000)
    decline(payer, second.id, 3)
    with pytest.raises(TooManyDeclines):
        payer.start(amount=4000)
    intent_cancellation.cancel_marked(payer.context)
    assert payer.payable() == []
    assert len(payer.mails("notice")) == 1
    payer.later(minutes=61)
    assert payer.start(amount=4000)


def test_the_eighth_decline_counts_when_its_intent_was_replaced_already(payer: PayingCustomer) -> None:
    first = payer.start(amount=2000)
    decline(payer, first.id, 7)
    payer.start(amount=3000)
    decline(payer, first.id, 1)
    intent_cancellation.cancel_marked(payer.context)
    assert payer.payable() == []
    assert len(payer.mails("notice")) == 1


def test_declines_of_last_month_do_not_close_the_page_today(payer: PayingCustomer) -> None:
    decline(payer, payer.start(amount=2000).id, 7)
    payer.later(days=30)
    decline(payer, payer.start(amount=2000).id, 1)
    decline(payer, payer.start(amount=3000).id, 6)
    assert payer.start(amount=3000)
    decline(payer, payer.start(amount=3000).id, 1)
    with pytest.raises(TooManyDeclines):
        payer.start(amount=3000)


def test_old_news_of_declines_closes_nothing(payer: PayingCustomer) -> None:
    first = payer.start(amount=2000)
    decline(payer, first.id, 8)
    intent_cancellation.cancel_marked(payer.context)
    tuesday = payer.now
    payer.later(days=2)
    second = payer.start(amount=2000)
    decline(payer, first.id, 3, at=tuesday)
    assert payer.attempts()[-1].status is AttemptStatus.OPEN
    assert payer.start(amount=2000).id == second.id
