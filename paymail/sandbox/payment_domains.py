"""Payment method domains: where an account's wallets and Link may be shown."""

from __future__ import annotations

import re

from paymail.sandbox import forms
from paymail.sandbox.calls import Call
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.ids import new_id
from paymail.sandbox.listing import listed

_KIND = "payment_method_domain"
_WALLETS = ("amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal")
_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
UNREACHABLE = "unreachable."
"""Apple cannot reach a domain that begins so: its wallet stays inactive."""


def create_domain(call: Call) -> Json:
    """POST /v1/payment_method_domains."""
    name = (forms.text(call.params, "domain_name", required=True) or "").lower()
    if not _NAME.fullmatch(name):
        raise ApiError(f"{name[:80]} is not a valid domain name.", param="domain_name")
    if _of_name(call, name):
        raise ApiError(f"The domain {name} has already been registered.", param="domain_name")
    domain: Json = {
        "id": new_id("pmd"),
        "object": _KIND,
        "created": call.now,
        "domain_name": name,
        "enabled": forms.boolean(call.params, "enabled", default=True),
        "livemode": False,
    }
    call.store.insert(call.account, _validated(domain), label=name)
    return domain


def list_domains(call: Call) -> Json:
    """GET /v1/payment_method_domains, of one name or of all."""
    name = forms.text(call.params, "domain_name")
    found = listed(call, _KIND, "/v1/payment_method_domains", (name.lower(),) if name else ())
    if "enabled" in call.params:
        wanted = forms.boolean(call.params, "enabled")
        found["data"] = [domain for domain in found["data"] if domain["enabled"] == wanted]
    return found


def retrieve_domain(call: Call) -> Json:
    """GET /v1/payment_method_domains/{id}."""
    return call.need(_KIND, call.path_id)


def update_domain(call: Call) -> Json:
    """POST /v1/payment_method_domains/{id}: enable it, or disable it."""
    domain = call.need(_KIND, call.path_id)
    domain["enabled"] = forms.boolean(call.params, "enabled", default=domain["enabled"])
    call.store.save(domain)
    return domain


def validate_domain(call: Call) -> Json:
    """POST /v1/payment_method_domains/{id}/validate."""
    domain = _validated(call.need(_KIND, call.path_id))
    call.store.save(domain)
    return domain


def _validated(domain: Json) -> Json:
    for wallet in _WALLETS:
        domain[wallet] = {"status": "active"}
    if domain["domain_name"].startswith(UNREACHABLE):
        reason = "The domain could not be verified: it did not serve the domain association file."
        domain["apple_pay"] = {"status": "inactive", "status_details": {"error_message": reason}}
    return domain


def _of_name(call: Call, name: str) -> bool:
    return any(found["domain_name"] == name for found in call.store.newest(_KIND, call.account))
