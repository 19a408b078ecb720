"""Accounts, their balances and their events."""

from __future__ import annotations

from collections import Counter

from paymail.sandbox import forms
from paymail.sandbox.blanks import ACCOUNT_SETTINGS, BUSINESS_PROFILE, REQUIREMENTS
from paymail.sandbox.calls import Call
from paymail.sandbox.errors import Json
from paymail.sandbox.listing import listed


def own_account(call: Call) -> Json:
    """GET /v1/account: the platform's, or the connected one of the request."""
    return _account(call, call.account)


def retrieve_account(call: Call) -> Json:
    """GET /v1/accounts/{id}; the gate has checked that the platform may see it."""
    return _account(call, call.path_id)


def _account(call: Call, account_id: str) -> Json:
    registered = call.store.get("account", account_id) or {}
    charges = registered.get("_charges_enabled", True)
    kind = registered.get("_type", "standard")
    account: Json = {
        "id": account_id,
        "object": "account",
        "business_profile": {**BUSINESS_PROFILE, "name": f"Sandbox {account_id}"},
        "capabilities": {"card_payments": "active", "au_becs_debit_payments": "active"},
        "charges_enabled": charges,
        "country": call.config.country,
        "default_currency": call.config.default_currency,
        "details_submitted": True,
        "email": f"{account_id}@sandbox.example",
        "metadata": {},
        "payouts_enabled": True,
        "settings": _settings(account_id),
        "type": kind,
    }
    # What a connected Standard account has to hand in is between Stripe and its owner.
    if kind != "standard" or account_id == call.config.platform_account:
        reason = None if charges else "requirements.past_due"
        account["requirements"] = {**REQUIREMENTS, "disabled_reason": reason}
    return account


def _settings(account_id: str) -> Json:
    schedule = {"delay_days": 2, "interval": "daily"}
    payouts = {"debit_negative_balances": True, "schedule": schedule, "statement_descriptor": None}
    dashboard = {"display_name": account_id, "timezone": "Etc/UTC"}
    return {**ACCOUNT_SETTINGS, "dashboard": dashboard, "payouts": payouts}


def list_webhook_endpoints(call: Call) -> Json:
    """GET /v1/webhook_endpoints: the one of the configuration, which belongs to the platform."""
    config = call.config
    endpoint: Json = {
        "id": "we_sandbox",
        "object": "webhook_endpoint",
        "api_version": None,
        "application": "ca_sandbox" if config.webhook_connect else None,
        "created": 0,
        "description": None,
        "enabled_events": list(config.webhook_events),
        "livemode": False,
        "metadata": {},
        "status": "enabled" if config.webhook_enabled else "disabled",
        "url": config.webhook_url,
    }
    here = config.webhook_url is not None and call.account == config.platform_account
    data = [endpoint] if here else []
    return {"object": "list", "url": "/v1/webhook_endpoints", "has_more": False, "data": data}


def balance(call: Call) -> Json:
    """GET /v1/balance: what was charged less what was refunded."""
    sums: Counter[str] = Counter()
    for charge in call.store.newest("charge", call.account):
        sums[charge["currency"]] += charge["amount_captured"] - charge["amount_refunded"]
    available = [{"amount": amount, "currency": currency} for currency, amount in sorted(sums.items())]
    return {"object": "balance", "available": available, "livemode": False, "pending": []}


def retrieve_event(call: Call) -> Json:
    """GET /v1/events/{id}."""
    return call.need("event", call.path_id)


def list_events(call: Call) -> Json:
    """GET /v1/events, of one type, of some types or of all."""
    kinds = forms.items(call.params.get("types"), "types")
    if kind := forms.text(call.params, "type"):
        kinds.append(kind)
    return listed(call, "event", "/v1/events", kinds)
