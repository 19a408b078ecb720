from __future__ import annotations

import pytest
import stripe

from tests.contract.sandbox.sandbox_api import ACCOUNT

FORMER_TYPES = {"card", "au_becs_debit", "payto"}


def refused(call, *args, kind=stripe.InvalidRequestError, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    return caught.value


def test_a_created_intent_waits_for_a_payment_method(api):
    intent = api.create(
        metadata={"invoice_id": "7", "0": "digit keys stay"},
        automatic_payment_methods={"enabled": True},
        description="Invoice 7",
        receipt_email="ap@customer.example",
    )
    assert intent.id.startswith("pi_")
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert (intent.amount, intent.currency, intent.status) == (12100, "aud", "requires_payment_method")
    assert (intent.amount_received, intent.livemode, intent.latest_charge) == (0, False, None)
    assert intent.metadata.to_dict() == {"invoice_id": "7", "0": "digit keys stay"}
    assert set(intent.payment_method_types) == FORMER_TYPES
    assert api.get(intent.id).to_dict() == intent.to_dict()


def test_an_update_changes_amount_and_metadata(api):
    intent = api.create(metadata={"a": "1", "b": "2"})
    changed = api.client.v1.payment_intents.update(
        intent.id, {"amount": 5000, "metadata": {"a": "", "c": "3"}}, options=ACCOUNT
    )
    assert changed.amount == 5000
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}


def test_a_cancelled_intent_cannot_be_paid_or_cancelled_again(api):
    intent = api.create()
    cancelled = api.client.v1.payment_intents.cancel(
        intent.id, {"cancellation_reason": "abandoned"}, options=ACCOUNT
    )
    assert (cancelled.status, cancelled.cancellation_reason) == ("canceled", "abandoned")
    assert cancelled.canceled_at is not None
    for call in (api.confirm, lambda i: api.client.v1.payment_intents.cancel(i, options=ACCOUNT)):
        error = refused(call, intent.id)
        assert error.error.code == "payment_intent_unexpected_state"
        assert error.error.payment_intent.id == intent.id


def test_a_succeeded_intent_keeps_its_amount(api):
    intent = api.create()
    api.confirm(intent.id)
    update = api.client.v1.payment_intents.update
    assert (
        refused(update, intent.id, {"amount": 1}, options=ACCOUNT).code == "payment_intent_unexpected_state"
    )
    assert update(intent.id, {"metadata": {"k": "v"}}, options=ACCOUNT).metadata["k"] == "v"


def test_accounts_do_not_see_each_other(api):
    intent = api.create()
    other = {"stripe_account": "acct_other"}
    for options in (other, {}):
        error = refused(api.client.v1.payment_intents.retrieve, intent.id, options=options)
        assert (error.http_status, error.code) == (404, "resource_missing")
    assert api.client.v1.payment_intents.list(options=other).data == []
    assert api.client.v1.events.list(options=other).data == []


def test_an_unknown_account_is_refused_until_it_is_registered(api):
    options = {"stripe_account": "acct_later"}
    assert refused(api.create, options=options, kind=stripe.PermissionError).error.code == "account_invalid"
    api.control("accounts", {"id": "acct_later"})
    assert api.create(options=options).status == "requires_payment_method"


def test_accounts_can_be_read(api):
    assert api.client.v1.accounts.retrieve_current().id == "acct_platform"
    account = api.client.v1.accounts.retrieve("acct_sandbox")
    assert (account.id, account.charges_enabled, account.country) == ("acct_sandbox", True, "AU")
    error = refused(api.client.v1.accounts.retrieve, "acct_nobody", kind=stripe.PermissionError)
    assert error.error.code == "account_invalid"


@pytest.mark.parametrize("key", ["sk_test_wrong_key_of_some_length", "sk_live_sandbox", "pk_test_other"])
def test_a_wrong_key_is_refused(sandbox, connect, key):
    error = refused(connect(sandbox, key=key).create, kind=stripe.AuthenticationError)
    assert error.http_status == 401
    assert key not in str(error)


def test_a_publishable_key_cannot_create(sandbox, connect):
    error = refused(connect(sandbox, key="pk_test_sandbox").create, kind=stripe.PermissionError)
    assert error.error.code == "secret_key_required"


def test_a_publishable_key_reads_with_the_client_secret_only(sandbox, connect, api):
    intent = api.create(metadata={"private": "yes"})
    browser = connect(sandbox, key="pk_test_sandbox").client.v1.payment_intents
    seen = browser.retrieve(intent.id, {"client_secret": intent.client_secret}, options=ACCOUNT)
    assert seen.id == intent.id
    assert "metadata" not in seen.to_dict()
    refused(browser.retrieve, intent.id, {"client_secret": intent.client_secret + "x"}, options=ACCOUNT)
    assert refused(browser.retrieve, intent.id, options=ACCOUNT).param == "client_secret"


@pytest.mark.parametrize(
    ("params", "param"),
    [({"colour": "red"}, "colour"), ({"automatic_payment_methods": {"on": True}}, None)],
)
def test_unknown_parameters_are_refused(api, params, param):
    error = refused(api.create, **params)
    assert error.code == "parameter_unknown"
    assert error.param == (param or "automatic_payment_methods[on]")


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "aud", "amount_too_small"),
        (29, "gbp", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (100_000_000, "usd", "amount_too_large"),
        (0, "aud", "parameter_invalid_integer"),
        (-5, "aud", "parameter_invalid_integer"),
        ("1.5", "aud", "parameter_invalid_integer"),
        (12345, "kwd", "parameter_invalid_integer"),
        (123450, "ugx", "parameter_invalid_integer"),
        (5000, "xxx", None),
        (5000, "", "parameter_missing"),
    ],
)
def test_impossible_amounts_are_refused(api, amount, currency, code):
    assert refused(api.create, amount=amount, currency=currency).code == code


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (50, "AUD"),
        (50, "eur"),
        (30, "gbp"),
        (50, "jpy"),
        (12340, "kwd"),
        (700_000, "ugx"),
        (99_999_999, "usd"),
    ],
)
def test_possible_amounts_are_taken(api, amount, currency):
    assert api.create(amount=amount, currency=currency).currency == currency.lower()


def test_lists_are_paged_by_cursor(api):
    made = [api.create().id for _ in range(5)]
    page = api.client.v1.payment_intents.list({"limit": 2}, options=ACCOUNT)
    assert page.has_more
    assert [intent.id for intent in page.auto_paging_iter()] == made[::-1]
    before = api.client.v1.payment_intents.list({"ending_before": made[2], "limit": 1}, options=ACCOUNT)
    assert [intent.id for intent in before.data] == [made[3]]


def test_the_latest_charge_can_be_expanded(api):
    intent = api.create()
    api.confirm(intent.id)
    full = api.client.v1.payment_intents.retrieve(
        intent.id, {"expand": ["latest_charge", "payment_method"]}, options=ACCOUNT
    )
    assert full.latest_charge.payment_method_details.card.last4 == "4242"
    assert full.payment_method.card.brand == "visa"
    error = refused(api.client.v1.payment_intents.retrieve, intent.id, {"expand": ["moon"]}, options=ACCOUNT)
    assert error.param == "expand"


def test_an_application_fee_belongs_to_connected_accounts(api):
    assert api.create(application_fee_amount=100).application_fee_amount == 100
    assert refused(api.create, application_fee_amount=99_999).param == "application_fee_amount"


def test_the_journal_shows_what_was_asked(api):
    intent = api.create(metadata={"invoice_id": "9"}, options={"idempotency_key": "k9"})
    entry = api.control("requests", method="GET")["requests"][-1]
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/v1/payment_intents", 200)
    assert entry["params"]["metadata"] == {"invoice_id": "9"}
    assert (entry["account"], entry["idempotency_key"]) == ("acct_sandbox", "k9")
    assert intent.client_secret not in str(api.control("requests", method="GET"))
