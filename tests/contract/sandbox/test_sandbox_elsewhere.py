"""Payments that the customer makes outside the page: vouchers, bank transfers and PayTo."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import stripe

from paymail.sandbox.customer import SandboxDeclined, pay
from paymail.sandbox.method_kinds import KINDS, STRIPE_KINDS
from tests.contract.sandbox.sandbox_api import ACCOUNT
from tests.contract.sandbox.test_sandbox_intents import refused

BILLING = {"name": "Customer", "email": "customer@customer.example"}
VOUCHERS = [
    ("konbini", "jpy", "konbini_display_details"),
    ("oxxo", "mxn", "oxxo_display_details"),
    ("multibanco", "eur", "multibanco_display_details"),
]
PAYTO = {"type": "payto", "payto": {"pay_id": "customer@customer.example"}}


def confirm(api, intent, data, **params):
    params = {"payment_method_data": {"billing_details": BILLING, **data}, **params}
    return api.client.v1.payment_intents.confirm(intent.id, params, options=ACCOUNT)


def waiting(api, kind, currency, **params):
    return confirm(api, api.create(currency=currency, **params), {"type": kind})


def act(api, intent, result="paid", **more):
    return api.control("next-action", {"payment_intent": intent.id, "result": result, **more})


@pytest.mark.parametrize(("kind", "currency", "action"), VOUCHERS)
def test_a_voucher_is_shown_and_paid_later(api, kind, currency, action):
    intent = waiting(api, kind, currency)
    assert (intent.status, intent.next_action.type, intent.latest_charge) == ("requires_action", action, None)
    details = intent.next_action[action]
    assert details.hosted_voucher_url.startswith(f"{api.url}/vouchers/{intent.id}?key=")
    assert api.events()[0] == "payment_intent.requires_action"
    paid = act(api, intent)
    assert (paid["status"], paid["amount_received"], paid["next_action"]) == ("succeeded", 12100, None)
    charge = api.client.v1.charges.retrieve(paid["latest_charge"], options=ACCOUNT)
    assert (charge.payment_method_details.type, charge.paid) == (kind, True)


@pytest.mark.parametrize(("kind", "currency", "action"), VOUCHERS)
def test_an_expired_voucher_asks_for_another_payment_method(api, kind, currency, action):
    intent = waiting(api, kind, currency)
    act(api, intent, "expired")
    after = api.get(intent.id)
    assert (after.status, after.next_action) == ("requires_payment_method", None)
    error = after.last_payment_error
    assert (error.type, error.code) == ("invalid_request_error", "payment_intent_payment_attempt_expired")
    assert api.events()[0] == "payment_intent.payment_failed"
    assert api.confirm(intent.id).status == "succeeded"


def test_money_from_a_shop_may_arrive_later_or_not_at_all(api):
    first, second = (waiting(api, "konbini", "jpy") for _ in range(2))
    assert act(api, first, "processing")["status"] == "processing"
    assert act(api, second, "failing")["status"] == "processing"
    api.control("advance")
    assert api.get(first.id).status == "succeeded"
    assert api.get(second.id).last_payment_error.code == "insufficient_funds"


def test_a_voucher_can_be_cancelled_and_cannot_be_paid_then(api):
    intent = waiting(api, "oxxo", "mxn")
    assert api.client.v1.payment_intents.cancel(intent.id, options=ACCOUNT).status == "canceled"
    with pytest.raises(OSError, match="400"):
        act(api, intent)


def test_a_card_may_be_used_instead_of_the_voucher(api):
    intent = waiting(api, "konbini", "jpy")
    assert api.confirm(intent.id).status == "succeeded"
    with pytest.raises(OSError, match="400"):
        act(api, intent)


def test_a_konbini_voucher_lasts_until_the_end_of_a_day_in_japan(api):
    intent = api.create(currency="jpy", payment_method_options={"konbini": {"expires_after_days": 2}})
    assert intent.payment_method_options.konbini.expires_after_days == 2
    confirmed = confirm(api, intent, {"type": "konbini"})
    tokyo = ZoneInfo("Asia/Tokyo")
    last = datetime.fromtimestamp(confirmed.next_action.konbini_display_details.expires_at, tokyo)
    assert (last.hour, last.minute, last.second) == (23, 59, 59)
    assert (last.date() - datetime.now(UTC).astimezone(tokyo).date()).days == 2


def test_a_voucher_needs_a_name_and_an_email(api):
    intent = api.create(currency="jpy")
    bare = {"payment_method_data": {"type": "konbini"}}
    error = refused(api.client.v1.payment_intents.confirm, intent.id, bare, options=ACCOUNT)
    assert (error.code, error.param) == ("parameter_missing", "billing_details[name]")


def test_a_bank_transfer_may_come_in_parts(api):
    customer = api.client.v1.customers.create({"email": BILLING["email"]}, options=ACCOUNT)
    intent = waiting(api, "customer_balance", "eur", customer=customer.id)
    assert intent.next_action.type == "display_bank_transfer_instructions"
    details = intent.next_action.display_bank_transfer_instructions
    assert (details.amount_remaining, details.type) == (12100, "eu_bank_transfer")
    assert details.financial_addresses[0].iban.iban.startswith("IE")
    part = act(api, intent, amount=2100)
    assert part["status"] == "requires_action"
    assert part["next_action"]["display_bank_transfer_instructions"]["amount_remaining"] == 10000
    assert api.events()[0] == "payment_intent.partially_funded"
    assert act(api, intent)["status"] == "succeeded"


def test_a_bank_transfer_needs_a_customer_and_never_expires(api):
    assert "customer_balance" not in api.create(currency="eur").payment_method_types
    with pytest.raises(stripe.InvalidRequestError, match="not allowed"):
        waiting(api, "customer_balance", "eur")
    customer = api.client.v1.customers.create({"email": BILLING["email"]}, options=ACCOUNT)
    intent = waiting(api, "customer_balance", "jpy", customer=customer.id)
    with pytest.raises(OSError, match="400"):
        act(api, intent, "expired")


def test_a_payto_payment_waits_for_the_customer_in_their_bank_s_app(api):
    intent = confirm(api, api.create(), PAYTO)
    assert (intent.status, intent.next_action.type) == ("requires_action", "payto_await_authorization")
    assert act(api, intent, "processing")["status"] == "processing"
    assert "mandate.updated" in api.events()
    api.control("advance")
    paid = api.get(intent.id)
    assert paid.status == "succeeded"
    charge = api.client.v1.charges.retrieve(paid.latest_charge, options=ACCOUNT)
    mandate = api.client.v1.mandates.retrieve(charge.payment_method_details.payto.mandate, options=ACCOUNT)
    assert (mandate.status, mandate.type, mandate.single_use.amount) == ("active", "single_use", 12100)


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ("declined", "payment_method_customer_decline"),
        ("expired", "payment_intent_payment_attempt_expired"),
    ],
)
def test_a_payto_payment_that_is_not_approved_asks_for_another_method(api, result, code):
    intent = confirm(api, api.create(), PAYTO)
    after = act(api, intent, result)
    assert (after["status"], after["last_payment_error"]["code"]) == ("requires_payment_method", code)


def test_a_standing_payto_mandate_is_debited_without_asking_again(api):
    terms = {"payto": {"mandate_options": {"amount_type": "maximum", "amount": 50000}}}
    intent = confirm(api, api.create(payment_method_options=terms), PAYTO)
    assert intent.payment_method_options.payto.mandate_options.amount == 50000
    act(api, intent)
    again = api.confirm(api.create().id, intent.payment_method, off_session=True)
    assert again.status == "processing"


def test_a_mandate_for_one_payment_is_asked_for_again(api):
    intent = confirm(api, api.create(), PAYTO)
    act(api, intent)
    again = api.confirm(api.create().id, intent.payment_method, off_session=True)
    assert again.status == "requires_action"


@pytest.mark.parametrize(
    ("currency", "kinds"),
    [
        ("aud", ["card", "au_becs_debit", "payto"]),
        ("jpy", ["card", "konbini"]),
        ("mxn", ["card", "oxxo"]),
        ("eur", ["card", "multibanco"]),
        ("usd", ["card"]),
    ],
)
def test_an_intent_offers_what_its_currency_allows(api, currency, kinds):
    assert api.create(currency=currency).payment_method_types == kinds


def test_excluded_kinds_are_not_offered_and_not_taken(api):
    intent = api.create(currency="jpy", excluded_payment_method_types=["konbini", "klarna"])
    assert intent.payment_method_types == ["card"]
    assert intent.excluded_payment_method_types == ["konbini", "klarna"]
    with pytest.raises(stripe.InvalidRequestError, match="not allowed"):
        confirm(api, intent, {"type": "konbini"})
    with pytest.raises(stripe.InvalidRequestError, match="No valid payment method"):
        api.create(currency="jpy", excluded_payment_method_types=["konbini", "card"])


def test_a_confirmation_may_exclude_kinds_too(api):
    intent = api.create(currency="jpy")
    with pytest.raises(stripe.InvalidRequestError, match="not allowed"):
        confirm(api, intent, {"type": "konbini"}, excluded_payment_method_types=["konbini"])


def test_a_kind_that_stripe_does_not_know_is_refused(api):
    error = refused(api.create, excluded_payment_method_types=["card", "cheque"])
    assert error.param == "excluded_payment_method_types[1]"
    with pytest.raises(stripe.InvalidRequestError, match="cheque"):
        api.create(payment_method_types=["cheque"])
    with pytest.raises(stripe.InvalidRequestError, match="jpy"):
        api.create(payment_method_types=["konbini"])


def test_the_sandbox_s_kinds_are_stripe_s(api):
    assert set(KINDS) < STRIPE_KINDS


def test_the_customer_of_the_command_line_may_pay_elsewhere(api):
    for kind, currency, _ in VOUCHERS:
        waits = pay(api.create(currency=currency).client_secret, kind, base_url=api.url)
        assert waits["status"] == "requires_action"
    assert pay(api.create().client_secret, "payto", base_url=api.url)["status"] == "requires_action"
    with pytest.raises(SandboxDeclined):
        pay(api.create().client_secret, "konbini", base_url=api.url)


def test_a_mandate_of_a_method_that_stays_with_the_customer_is_for_more_than_one_payment(api):
    customer = api.client.v1.customers.create({"email": BILLING["email"]}, options=ACCOUNT).id
    intent = confirm(api, api.create(customer=customer, setup_future_usage="off_session"), PAYTO)
    act(api, intent)
    method = api.client.v1.payment_methods.retrieve(str(intent.payment_method), options=ACCOUNT)
    assert method.customer == customer
    assert api.confirm(api.create(customer=customer).id, method.id, off_session=True).status == "processing"
