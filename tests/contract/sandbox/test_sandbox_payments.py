from __future__ import annotations

import pytest
import stripe

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.customer import SandboxDeclined, pay
from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.sandbox_api import ACCOUNT

CHALLENGED = "4000002500003155"


def becs(account: str) -> dict[str, object]:
    return {
        "payment_method_data": {
            "type": "au_becs_debit",
            "au_becs_debit": {"bsb_number": "000-000", "account_number": account},
        }
    }


def test_a_good_card_pays(api):
    paid = api.confirm(api.create().id)
    assert (paid.status, paid.amount_received) == ("succeeded", 12100)
    charge = api.client.v1.charges.retrieve(paid.latest_charge, options=ACCOUNT)
    assert (charge.paid, charge.status, charge.payment_intent) == (True, "succeeded", paid.id)
    assert api.events() == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


def test_create_can_confirm_at_once(api):
    assert api.create(confirm=True, payment_method="pm_card_visa").status == "succeeded"


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4000000000000119", "processing_error", None),
    ],
)
def test_a_bad_card_is_declined_and_another_may_be_tried(api, number, code, decline_code):
    intent = api.create()
    with pytest.raises(stripe.CardError) as caught:
        api.client.v1.payment_intents.confirm(
            intent.id, {"payment_method_data": {"type": "card", "card": {"number": number}}}, options=ACCOUNT
        )
    error = caught.value.error
    assert (caught.value.http_status, error.code) == (402, code)
    assert error.to_dict().get("decline_code") == decline_code
    after = api.get(intent.id)
    assert error.payment_intent.to_dict() == after.to_dict()
    assert (after.status, after.last_payment_error.code) == ("requires_payment_method", code)
    assert api.events()[:2] == ["payment_intent.payment_failed", "charge.failed"]
    assert api.confirm(intent.id).status == "succeeded"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"number": "4012888888881881"}, "card_declined"),
        ({"number": "4242424242424242", "exp_month": "13"}, "invalid_expiry_month"),
        ({"number": "4242424242424242", "exp_year": "2001"}, "invalid_expiry_year"),
        ({"number": "4242424242424242", "cvc": "1"}, "invalid_cvc"),
    ],
)
def test_a_card_that_cannot_be_leaves_the_intent_alone(api, card, code):
    intent = api.create()
    with pytest.raises(stripe.CardError) as caught:
        api.client.v1.payment_intents.confirm(
            intent.id, {"payment_method_data": {"card": card}}, options=ACCOUNT
        )
    assert caught.value.code == code
    assert api.get(intent.id).last_payment_error is None


def test_the_customer_pays_with_the_client_secret(api):
    intent = api.create()
    assert pay(intent.client_secret, base_url=api.url)["status"] == "succeeded"
    assert api.get(intent.id).status == "succeeded"


def test_the_customer_may_name_the_account(api):
    intent = api.create()
    with pytest.raises(SandboxDeclined) as caught:
        pay(intent.client_secret, base_url=api.url, account="acct_other")
    assert caught.value.code == "resource_missing"
    assert pay(intent.client_secret, base_url=api.url, account="acct_sandbox")["status"] == "succeeded"


@pytest.mark.parametrize("spoil", [lambda secret: secret + "x", lambda secret: "pi_nobody_secret_x"])
def test_a_wrong_client_secret_pays_nothing(api, spoil):
    intent = api.create()
    with pytest.raises(SandboxDeclined):
        pay(spoil(intent.client_secret), base_url=api.url)
    assert api.get(intent.id).status == "requires_payment_method"


def test_the_customer_is_told_why_a_card_was_declined(api):
    with pytest.raises(SandboxDeclined, match="insufficient funds") as caught:
        pay(api.create().client_secret, "4000 0000 0000 9995", base_url=api.url)
    assert caught.value.code == "insufficient_funds"


def test_a_passed_challenge_pays(api):
    intent = api.create()
    assert pay(intent.client_secret, CHALLENGED, base_url=api.url)["status"] == "succeeded"
    assert "payment_intent.requires_action" in api.events()


def test_a_failed_challenge_does_not_pay(api):
    intent = api.create()
    with pytest.raises(SandboxDeclined) as caught:
        pay(intent.client_secret, CHALLENGED, base_url=api.url, challenge="fail")
    assert caught.value.code == "payment_intent_authentication_failure"
    after = api.get(intent.id)
    assert (after.status, after.next_action) == ("requires_payment_method", None)
    assert after.last_payment_error.type == "invalid_request_error"
    assert api.confirm(intent.id).status == "succeeded"


def test_a_server_confirmation_is_sent_to_the_challenge_page(api):
    intent = api.confirm(
        api.create().id, "pm_card_threeDSecure2Required", return_url="http://127.0.0.1:1/back"
    )
    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.url.startswith(f"{api.url}/challenge/{intent.id}")
    assert not [key for key in intent.to_dict() if key.startswith("_")]


def test_a_new_amount_voids_the_challenge_under_way(api):
    intent = api.confirm(api.create().id, "pm_card_authenticationRequired")
    changed = api.client.v1.payment_intents.update(intent.id, {"amount": 100}, options=ACCOUNT)
    assert (changed.status, changed.next_action) == ("requires_confirmation", None)


def test_a_bank_debit_is_processing_until_the_bank_answers(api):
    intent = api.create()
    waiting = api.client.v1.payment_intents.confirm(intent.id, becs("000123456"), options=ACCOUNT)
    assert (waiting.status, waiting.amount_received) == ("processing", 0)
    with pytest.raises(stripe.InvalidRequestError):
        api.client.v1.payment_intents.cancel(intent.id, options=ACCOUNT)
    assert len(api.control("advance")["advanced"]) == 1
    assert api.get(intent.id).status == "succeeded"
    assert api.control("advance")["advanced"] == []


def test_a_bank_debit_may_fail_late(api):
    intent = api.create()
    assert pay(intent.client_secret, "111111113", base_url=api.url)["status"] == "processing"
    api.control("advance", {"payment_intent": intent.id})
    after = api.get(intent.id)
    assert (after.status, after.last_payment_error.code) == ("requires_payment_method", "account_closed")
    assert api.events()[:3] == ["payment_intent.payment_failed", "charge.failed", "payment_intent.processing"]


def test_banks_may_answer_by_themselves(connect, received):
    config = SandboxConfig(becs_delay_s=0.0, webhook_url=received.url)
    with SandboxServer(config) as server:
        intent = connect(server).create()
        pay(intent.client_secret, "000123456", base_url=server.url)
        received.wait_for(4)
        assert received.kinds()[-1] == "payment_intent.succeeded"


def test_refunds_stop_at_what_was_paid(api):
    intent = api.confirm(api.create(amount=1000).id)
    refund = api.client.v1.refunds.create({"payment_intent": intent.id, "amount": 300}, options=ACCOUNT)
    assert (refund.amount, refund.status, refund.charge) == (300, "succeeded", intent.latest_charge)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        api.client.v1.refunds.create({"payment_intent": intent.id, "amount": 701}, options=ACCOUNT)
    rest = api.client.v1.refunds.create({"charge": intent.latest_charge}, options=ACCOUNT)
    assert rest.amount == 700
    charge = api.client.v1.charges.retrieve(intent.latest_charge, options=ACCOUNT)
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.client.v1.refunds.create({"payment_intent": intent.id}, options=ACCOUNT)
    assert caught.value.code == "charge_already_refunded"
    listed = api.client.v1.refunds.list({"payment_intent": intent.id}, options=ACCOUNT)
    assert [item.id for item in listed.data] == [rest.id, refund.id]
    assert api.events(types=["charge.refunded"]) == ["charge.refunded"] * 2
    told = ["charge.refund.updated", "refund.updated", "charge.refunded", "refund.created"]
    assert api.events()[:4] == told


@pytest.mark.parametrize(
    ("method", "status", "events"),
    [
        ("pm_card_pendingRefund", "succeeded", ["charge.refund.updated", "refund.updated"]),
        ("pm_card_refundFail", "failed", ["charge.refund.updated", "refund.updated", "refund.failed"]),
    ],
)
def test_what_becomes_of_a_refund_is_told_under_the_old_name_too(api, method, status, events):
    intent = api.confirm(api.create().id, method)
    refund = api.client.v1.refunds.create({"payment_intent": intent.id}, options=ACCOUNT)
    api.control("advance")
    assert api.client.v1.refunds.retrieve(refund.id, options=ACCOUNT).status == status
    assert api.events()[: len(events)] == events


def test_an_unpaid_intent_cannot_be_refunded(api):
    with pytest.raises(stripe.InvalidRequestError):
        api.client.v1.refunds.create({"payment_intent": api.create().id}, options=ACCOUNT)


def test_the_ledger_lists_money_that_moved(api):
    paid = api.confirm(api.create().id)
    api.create()
    api.client.v1.refunds.create({"payment_intent": paid.id, "amount": 100}, options=ACCOUNT)
    books = api.control("ledger", method="GET")["accounts"]
    assert list(books) == ["acct_sandbox"]
    assert [charge["payment_intent"] for charge in books["acct_sandbox"]["charges"]] == [paid.id]
    assert [refund["amount"] for refund in books["acct_sandbox"]["refunds"]] == [100]
