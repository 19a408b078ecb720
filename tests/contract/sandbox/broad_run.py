"""One walk through everything that the sandbox can answer and tell, to be held against Stripe's types."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import stripe

from paymail.sandbox.cards import BECS, CARDS, TOKENS
from paymail.sandbox.currencies import SUPPORTED
from paymail.sandbox.customer import SandboxDeclined, pay
from paymail.sandbox.disputes import STATUSES
from paymail.sandbox.method_kinds import KINDS
from tests.contract.sandbox.sandbox_api import ACCOUNT, Api

CHALLENGED = "4000002500003155"
_BILLING = {"name": "Customer", "email": "customer@customer.example"}
_DATA: dict[str, dict[str, Any]] = {
    **{kind: {"type": kind} for kind, needs in KINDS.items() if needs.elsewhere},
    "payto": {"type": "payto", "payto": {"pay_id": "customer@customer.example"}},
}


def walk(api: Api) -> None:
    """Ask for everything once; refusals and declines belong to it. The account has others beside it."""
    for part in (
        _accounts,
        _cards,
        _debits,
        _browser,
        _elsewhere,
        _refunds,
        _saved,
        _disputes,
        _domains,
        _refusals,
        _lists,
    ):
        part(api)


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    with contextlib.suppress(stripe.StripeError, SandboxDeclined):
        yield


def _paid(api: Api, method: str = "pm_card_visa", **params: Any) -> stripe.PaymentIntent:
    return api.confirm(api.create(**params).id, method)


def _accounts(api: Api) -> None:
    v1 = api.client.v1
    api.control("accounts", {"id": "acct_express", "type": "express", "charges_enabled": False})
    api.control("accounts", {"id": "acct_not_ready", "charges_enabled": False})
    v1.accounts.retrieve_current()
    for account in ("acct_sandbox", "acct_express", "acct_not_ready"):
        v1.accounts.retrieve(account)
    v1.webhook_endpoints.list()
    _paid(api)
    v1.balance.retrieve(options=ACCOUNT)


def _cards(api: Api) -> None:
    for number in CARDS:
        with _refused():
            data = {"type": "card", "card": {"number": number}, "billing_details": _BILLING}
            api.client.v1.payment_intents.confirm(
                api.create().id, {"payment_method_data": data}, options=ACCOUNT
            )
    for token in TOKENS:
        with _refused():
            _paid(api, token, metadata={"invoice_id": "7"}, application_fee_amount=100)
    for number in ("4242424242424241", "4012888888881881"):
        with _refused():
            pay(api.create().client_secret or "", number, base_url=api.url)
    address = {"line1": "1 Main St", "city": "Sydney", "country": "AU"}
    shipped = api.create(
        shipping={"name": "Customer", "address": address}, statement_descriptor_suffix="INV 7"
    )
    api.confirm(shipped.id, "pm_card_threeDSecure2Required", return_url="http://127.0.0.1:1/back")
    api.client.v1.payment_intents.update(shipped.id, {"amount": 100}, options=ACCOUNT)
    api.client.v1.payment_intents.cancel(shipped.id, {"cancellation_reason": "abandoned"}, options=ACCOUNT)


def _debits(api: Api) -> None:
    for account in BECS:
        pay(api.create().client_secret or "", account, base_url=api.url)
    api.control("advance")


def _browser(api: Api) -> None:
    for result in ("pass", "fail"):
        with _refused():
            pay(api.create().client_secret or "", CHALLENGED, base_url=api.url, challenge=result)  # type: ignore[arg-type]
    with _refused():
        pay(api.create().client_secret or "", "4000000000009995", base_url=api.url)
    secret = pay(api.create().client_secret or "", base_url=api.url)["client_secret"]
    browser = stripe.StripeClient("pk_test_sandbox", base_addresses={"api": api.url}, max_network_retries=0)
    browser.v1.payment_intents.retrieve(
        secret.split("_secret_")[0], {"client_secret": secret}, options=ACCOUNT
    )
    with _refused():
        browser.v1.payment_intents.list()


def _waiting(api: Api, kind: str, currency: str, **params: Any) -> stripe.PaymentIntent:
    if KINDS[kind].needs_customer:
        params["customer"] = api.client.v1.customers.create(
            {"email": "a@customer.example"}, options=ACCOUNT
        ).id
    intent = api.create(currency=currency, **params)
    data = {**_DATA[kind], "billing_details": _BILLING}
    return api.client.v1.payment_intents.confirm(intent.id, {"payment_method_data": data}, options=ACCOUNT)  # type: ignore[arg-type]


def _elsewhere(api: Api) -> None:
    results: tuple[dict[str, Any], ...] = (
        {"result": "paid"},
        {"result": "processing"},
        {"result": "failing"},
        {"result": "expired"},
        {"result": "declined"},
    )
    for kind, details in KINDS.items():
        for currency in sorted(details.currencies) if details.elsewhere else ():
            for what in results:
                intent = _waiting(api, kind, currency)
                if kind == "customer_balance":
                    api.control("next-action", {"payment_intent": intent.id, "amount": 100})
                with contextlib.suppress(OSError):
                    api.control("next-action", {"payment_intent": intent.id, **what})
    api.control("advance")
    options = {"konbini": {"expires_after_days": 2, "product_description": "Invoice 7"}}
    _waiting(api, "konbini", "jpy", payment_method_options=options)
    terms = {"payto": {"mandate_options": {"amount": 50000, "amount_type": "maximum"}}}
    standing = _waiting(api, "payto", "aud", payment_method_options=terms)
    api.control("next-action", {"payment_intent": standing.id})
    again = api.confirm(api.create().id, str(standing.payment_method), off_session=True)
    details = api.client.v1.charges.retrieve(str(again.latest_charge), options=ACCOUNT).payment_method_details
    assert details is not None
    assert details.payto is not None
    api.client.v1.mandates.retrieve(details.payto.mandate or "", options=ACCOUNT)
    customer = api.client.v1.customers.create({"name": "Customer"}, options=ACCOUNT)
    api.client.v1.customers.retrieve(customer.id, options=ACCOUNT)


def _refunds(api: Api) -> None:
    refunds = api.client.v1.refunds
    for method in ("pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail"):
        intent = _paid(api, method)
        refunds.create({"payment_intent": intent.id, "amount": 100, "reason": "duplicate"}, options=ACCOUNT)
        refund = refunds.create({"charge": str(intent.latest_charge)}, options=ACCOUNT)
        with _refused():
            refunds.create({"payment_intent": intent.id}, options=ACCOUNT)
        api.control("advance")
        refunds.retrieve(refund.id, {"expand": ["charge", "payment_intent.latest_charge"]}, options=ACCOUNT)
    debit = pay(api.create().client_secret or "", "000123456", base_url=api.url)
    api.control("advance")
    refunds.create({"payment_intent": debit["id"]}, options=ACCOUNT)


def _saved(api: Api) -> None:
    customer = api.client.v1.customers.create({"email": "a@customer.example"}, options=ACCOUNT).id
    for data in ({"type": "card", "card": {"number": "4242424242424242"}}, _DATA["payto"]):
        intent = api.create(customer=customer, setup_future_usage="off_session")
        paid = api.client.v1.payment_intents.confirm(
            intent.id,
            {"payment_method_data": data, "expand": ["customer"]},  # type: ignore[typeddict-item]
            options=ACCOUNT,
        )
        if paid.status == "requires_action":
            api.control("next-action", {"payment_intent": intent.id})
        method = str(paid.payment_method)
        api.client.v1.payment_methods.retrieve(method, options=ACCOUNT)
        for _ in range(2):
            with _refused():
                api.client.v1.payment_methods.detach(method, options=ACCOUNT)


def _disputes(api: Api) -> None:
    for status in STATUSES:
        intent = _paid(api)
        dispute = api.control("disputes", {"payment_intent": intent.id, "status": status})
        api.client.v1.disputes.retrieve(dispute["id"], {"expand": ["charge"]}, options=ACCOUNT)
        with _refused():
            api.client.v1.refunds.create({"payment_intent": intent.id}, options=ACCOUNT)
    escalated = _paid(api)
    for status in ("warning_needs_response", "needs_response", "under_review", "won"):
        api.control("disputes", {"payment_intent": escalated.id, "status": status})


def _refusals(api: Api) -> None:
    v1, paid = api.client.v1, _paid(api)
    stranger = stripe.StripeClient("sk_test_wrong_and_long_enough", base_addresses={"api": api.url})
    asked: tuple[Callable[[], object], ...] = (
        lambda: api.create(amount=1),
        lambda: api.create(amount=10**9),
        lambda: api.create(amount=0),
        lambda: api.create(currency="xxx"),
        lambda: api.create(excluded_payment_method_types=["cheque"]),
        lambda: api.create(excluded_payment_method_types=["card", "au_becs_debit", "payto"]),
        lambda: api.create(payment_method_types=["konbini"]),
        lambda: api.create(surprise="1"),
        lambda: api.create(customer="cus_nobody"),
        lambda: api.get("pi_nobody"),
        lambda: api.confirm(paid.id),
        lambda: v1.payment_intents.cancel(paid.id, options=ACCOUNT),
        lambda: v1.payment_intents.confirm(api.create().id, options=ACCOUNT),
        lambda: v1.refunds.create({"payment_intent": paid.id, "amount": 10**7}, options=ACCOUNT),
        lambda: v1.refunds.create({"payment_intent": api.create().id}, options=ACCOUNT),
        lambda: v1.refunds.retrieve(api.create().id, options=ACCOUNT),
        lambda: v1.charges.retrieve(str(paid.latest_charge), {"expand": ["nothing"]}, options=ACCOUNT),
        lambda: v1.accounts.retrieve("acct_stranger"),
        lambda: v1.payouts.list(options=ACCOUNT),
        stranger.v1.balance.retrieve,
        *(
            lambda amount=amount: api.create(amount=amount, options={"idempotency_key": "k"})
            for amount in (60, 70)
        ),
    )
    for kind in ("500", "429", "500_after"):
        api.control("faults", {"kind": kind, "path": "/v1/balance"})
        with _refused():
            v1.balance.retrieve()
    for ask in asked:
        with _refused():
            ask()
    for currency in sorted(SUPPORTED):
        with _refused():
            api.create(currency=currency, amount=100_000)


def _domains(api: Api) -> None:
    domains = api.client.v1.payment_method_domains
    with _refused():
        for name in ("pay.customer.example", "unreachable.customer.example"):
            made = domains.create({"domain_name": name}, options=ACCOUNT)
            domains.validate(made.id, options=ACCOUNT)
            domains.update(made.id, {"enabled": False}, options=ACCOUNT)
            domains.retrieve(made.id, options=ACCOUNT)
        domains.list(options=ACCOUNT)


def _lists(api: Api) -> None:
    v1 = api.client.v1
    for listed in (v1.payment_intents, v1.charges, v1.refunds, v1.disputes, v1.events):
        page = listed.list({"limit": 100}, options=ACCOUNT)
        listed.retrieve(page.data[-1].id, options=ACCOUNT)
    v1.payment_intents.list(
        {"limit": 100, "expand": ["data.latest_charge", "data.payment_method"]}, options=ACCOUNT
    )
