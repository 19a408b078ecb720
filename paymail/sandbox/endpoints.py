"""The table of endpoints: address, handler, the parameters it knows, who may call it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from paymail.sandbox import (
    accounts,
    charges,
    customers,
    disputes,
    intents,
    mandates,
    payment_domains,
    refunds,
)
from paymail.sandbox.calls import Call
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.words import words

_PAGING = frozenset(("limit", "starting_after", "ending_before", "created"))
_INTENT_FIELDS = words(
    """amount currency metadata description receipt_email application_fee_amount customer payment_method
    payment_method_types payment_method_options excluded_payment_method_types shipping
    statement_descriptor statement_descriptor_suffix transfer_group"""
)
_CONFIRMING = words(
    """payment_method payment_method_data payment_method_options return_url use_stripe_sdk
    receipt_email mandate_data off_session excluded_payment_method_types"""
)
_BROWSER = frozenset(("client_secret", "expected_payment_method_type"))
_CREATING = (
    _INTENT_FIELDS
    | _CONFIRMING
    | {"setup_future_usage"}
    | {"automatic_payment_methods", "capture_method", "confirmation_method", "confirm"}
)
_REFUNDING = words(
    """amount charge payment_intent metadata reason instructions_email refund_application_fee
    reverse_transfer"""
)

# Parameters of every endpoint; the gate reads them before the handler does.
COMMON = frozenset(("expand", "key", "_stripe_account", "_stripe_version"))


@dataclass(frozen=True)
class Endpoint:
    """One method and address of the API."""

    method: str
    pattern: re.Pattern[str]
    handler: Callable[[Call], Json]
    params: frozenset[str] = frozenset()
    public: bool = False


def _at(
    method: str,
    path: str,
    handler: Callable[[Call], Json],
    params: frozenset[str] = frozenset(),
    *,
    public: bool = False,
) -> Endpoint:
    pattern = re.compile(path.replace("{id}", r"(?P<id>\w+)"))
    return Endpoint(method, pattern, handler, params | COMMON, public)


_INTENTS = "/v1/payment_intents"
_DOMAINS = "/v1/payment_method_domains"
ENDPOINTS = (
    _at("POST", _INTENTS, intents.create_intent, _CREATING),
    _at("GET", _INTENTS, intents.list_intents, _PAGING),
    _at("GET", _INTENTS + "/{id}", intents.retrieve_intent, frozenset(("client_secret",)), public=True),
    _at("POST", _INTENTS + "/{id}", intents.update_intent, _INTENT_FIELDS),
    _at("POST", _INTENTS + "/{id}/confirm", intents.confirm, _CONFIRMING | _BROWSER, public=True),
    _at("POST", _INTENTS + "/{id}/cancel", intents.cancel_intent, frozenset(("cancellation_reason",))),
    _at("GET", "/v1/charges", charges.list_charges, _PAGING | {"payment_intent"}),
    _at("GET", "/v1/charges/{id}", charges.retrieve_charge),
    _at("POST", "/v1/refunds", refunds.create_refund, _REFUNDING),
    _at("GET", "/v1/refunds", refunds.list_refunds, _PAGING | {"charge", "payment_intent"}),
    _at("GET", "/v1/refunds/{id}", refunds.retrieve_refund),
    _at("GET", "/v1/disputes", disputes.list_disputes, _PAGING | {"payment_intent"}),
    _at("GET", "/v1/disputes/{id}", disputes.retrieve_dispute),
    _at("GET", "/v1/mandates/{id}", mandates.retrieve_mandate),
    _at("POST", "/v1/customers", customers.create_customer, words("email name metadata description")),
    _at("GET", "/v1/customers/{id}", customers.retrieve_customer),
    _at("GET", "/v1/payment_methods/{id}", customers.retrieve_method),
    _at("POST", "/v1/payment_methods/{id}/detach", customers.detach_method),
    _at("GET", "/v1/events", accounts.list_events, _PAGING | {"type", "types"}),
    _at("GET", "/v1/events/{id}", accounts.retrieve_event),
    _at("GET", "/v1/account", accounts.own_account),
    _at("GET", "/v1/accounts/{id}", accounts.retrieve_account),
    _at("GET", "/v1/webhook_endpoints", accounts.list_webhook_endpoints, _PAGING),
    _at("GET", "/v1/balance", accounts.balance),
    _at("POST", _DOMAINS, payment_domains.create_domain, frozenset(("domain_name", "enabled"))),
    _at("GET", _DOMAINS, payment_domains.list_domains, _PAGING | {"domain_name", "enabled"}),
    _at("GET", _DOMAINS + "/{id}", payment_domains.retrieve_domain),
    _at("POST", _DOMAINS + "/{id}", payment_domains.update_domain, frozenset(("enabled",))),
    _at("POST", _DOMAINS + "/{id}/validate", payment_domains.validate_domain),
)


def find_endpoint(method: str, path: str) -> tuple[Endpoint, str]:
    """Return the endpoint and the id in the address."""
    for endpoint in ENDPOINTS:
        match = endpoint.pattern.fullmatch(path.rstrip("/"))
        if match and endpoint.method == method:
            return endpoint, match.groupdict().get("id", "")
    raise ApiError(f"Unrecognized request URL ({method}: {path}).", status=404)
