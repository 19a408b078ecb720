"""Declined cards are counted per invoice and hour, whatever the amount, by when Stripe declined them."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from paymail.models import AttemptStatus
from paymail.services.payments import intent_cancellation
from paymail.services.payments.card_testing import TooManyDeclines
from tests.services.till import Till


@pytest.fixture
def till(engine: Engine) -> Till:
    till = Till(engine)
    till.allow_parts()
    return till


def decline(till: Till, intent_id: str, times: int, at: datetime | None = None) -> None:
    for _ in range(times):
        till.gateway.set(intent_id, failure="card_declined")
        till.tell("payment_intent.payment_failed", intent_id, at)


def test_choosing_another_amount_begins_no_new_count_of_declined_cards(till: Till) -> None:
    decline(till, till.start(amount=2000).id, 5)
    second = till.start(amount=3000)
    decline(till, second.id, 3)
    with pytest.raises(TooManyDeclines):
        till.start(amount=4000)
    intent_cancellation.cancel_marked(till.context)
    assert till.payable() == []
    assert len(till.mails("notice")) == 1
    till.later(minutes=61)
    assert till.start(amount=4000)


def test_the_eighth_decline_counts_when_its_intent_was_replaced_already(till: Till) -> None:
    first = till.start(amount=2000)
    decline(till, first.id, 7)
    till.start(amount=3000)
    decline(till, first.id, 1)
    intent_cancellation.cancel_marked(till.context)
    assert till.payable() == []
    assert len(till.mails("notice")) == 1


def test_declines_of_last_month_do_not_close_the_page_today(till: Till) -> None:
    decline(till, till.start(amount=2000).id, 7)
    till.later(days=30)
    decline(till, till.start(amount=2000).id, 1)
    decline(till, till.start(amount=3000).id, 6)
    assert till.start(amount=3000)
    decline(till, till.start(amount=3000).id, 1)
    with pytest.raises(TooManyDeclines):
        till.start(amount=3000)


def test_old_news_of_declines_closes_nothing(till: Till) -> None:
    first = till.start(amount=2000)
    decline(till, first.id, 8)
    intent_cancellation.cancel_marked(till.context)
    tuesday = till.now
    till.later(days=2)
    second = till.start(amount=2000)
    decline(till, first.id, 3, at=tuesday)
    assert till.attempts()[-1].status is AttemptStatus.OPEN
    assert till.start(amount=2000).id == second.id
