from __future__ import annotations

import pytest
import stripe

from tests.contract.sandbox.sandbox_api import ACCOUNT

CREATED, UPDATED, CLOSED = (f"charge.dispute.{what}" for what in ("created", "updated", "closed"))
WITHDRAWN, REINSTATED = "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"


def disputed(api, *statuses):
    intent = api.confirm(api.create().id)
    for status in statuses:
        dispute = api.control("disputes", {"payment_intent": intent.id, "status": status})
        assert dispute["status"] == status
    events = [event for event in reversed(api.events(limit=100)) if "dispute" in event]
    return api.client.v1.disputes.retrieve(dispute["id"], options=ACCOUNT), events


@pytest.mark.parametrize(
    ("statuses", "events"),
    [
        (["needs_response"], [CREATED, WITHDRAWN]),
        (["needs_response", "under_review", "won"], [CREATED, WITHDRAWN, UPDATED, CLOSED, REINSTATED]),
        (["needs_response", "under_review", "lost"], [CREATED, WITHDRAWN, UPDATED, CLOSED]),
        (["warning_needs_response"], [CREATED]),
        (
            ["warning_needs_response", "warning_under_review", "warning_closed"],
            [CREATED, UPDATED, CLOSED],
        ),
        (["warning_needs_response", "needs_response"], [CREATED, UPDATED, WITHDRAWN]),
        (["prevented"], [CREATED, CLOSED]),
        (
            ["lost", "appeal_needs_response", "appeal_under_review", "won"],
            [CREATED, WITHDRAWN, CLOSED, UPDATED, UPDATED, CLOSED, REINSTATED],
        ),
    ],
)
def test_a_dispute_goes_its_way_and_the_money_with_it(api, statuses, events):
    assert disputed(api, *statuses)[1] == events


def test_money_that_is_taken_and_given_back_is_on_the_dispute(api):
    dispute, _ = disputed(api, "needs_response", "won")
    assert [moved.amount for moved in dispute.balance_transactions] == [-12100, 12100]


def test_a_charge_can_be_refunded_during_an_inquiry_only(api):
    inquiry, _ = disputed(api, "warning_needs_response")
    assert inquiry.is_charge_refundable
    api.client.v1.refunds.create({"charge": inquiry.charge}, options=ACCOUNT)
    dispute, _ = disputed(api, "needs_response")
    assert not dispute.is_charge_refundable
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.client.v1.refunds.create({"charge": dispute.charge}, options=ACCOUNT)
    assert caught.value.code == "charge_disputed"


def test_there_is_one_dispute_of_an_intent(api):
    intent = api.confirm(api.create().id)
    opened = api.control("disputes", {"payment_intent": intent.id})
    assert (opened["status"], opened["amount"]) == ("needs_response", 12100)
    assert api.control("disputes", {"payment_intent": intent.id, "status": "lost"})["id"] == opened["id"]
