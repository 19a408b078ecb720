"""The customer, without a browser: pays a client secret with a test card."""

from __future__ import annotations

import json
import re
from typing import Literal
from urllib.parse import urlencode, urlsplit

from paymail.sandbox.errors import Json
from paymail.sandbox.method_kinds import KINDS
from paymail.sandbox.wire import WireError, post

_CLIENT_SECRET = re.compile(r"(pi_\w+?)_secret_\w+")
_TIMEOUT_S = 30.0


class SandboxDeclined(Exception):
    """The payment was refused; `code` is the decline code where there is one."""

    def __init__(self, code: str, message: str) -> None:
        """Take Stripe's code and its words for the customer."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def pay(
    client_secret: str,
    card: str = "4242424242424242",
    *,
    base_url: str,
    publishable_key: str = "pk_test_sandbox",
    account: str | None = None,
    challenge: Literal["pass", "fail"] = "pass",
) -> Json:
    """Pay as the customer would; without an account, the sandbox finds it by the client secret.

    `card` may also be one of Stripe's BECS test account numbers (nine digits), or a kind that is paid outside
    the page: konbini, oxxo, multibanco, customer_balance or payto. Such an intent is returned as it waits;
    `/_sandbox/next-action` says what the customer does then.
    """
    match = _CLIENT_SECRET.fullmatch(client_secret)
    if match is None:
        raise SandboxDeclined("invalid_client_secret", "A client secret looks like pi_…_secret_….")
    fields = {"key": publishable_key, "client_secret": client_secret, "use_stripe_sdk": "true"}
    if account is not None:
        fields["_stripe_account"] = account
    fields |= _method_fields(re.sub(r"[ -]", "", card) if card not in KINDS else card)
    address = f"{base_url.rstrip('/')}/v1/payment_intents/{match[1]}/confirm"
    intent = _post(address, fields)
    if intent["status"] == "requires_action" and intent["next_action"]["type"] == "use_stripe_sdk":
        intent = _authenticate(base_url, intent, challenge)
    error = intent["last_payment_error"]
    if intent["status"] == "requires_payment_method" and error:
        raise SandboxDeclined(error.get("decline_code") or error["code"], error["message"])
    return intent


def _method_fields(number: str) -> dict[str, str]:
    prefix = "payment_method_data"
    billing = {
        f"{prefix}[billing_details][name]": "Sandbox Customer",
        f"{prefix}[billing_details][email]": "customer@sandbox.example",
    }
    if number == "payto":
        return {f"{prefix}[type]": number, f"{prefix}[payto][pay_id]": "customer@sandbox.example", **billing}
    if number in KINDS:
        return {f"{prefix}[type]": number, **billing}
    if len(number) == 9:
        return {
            f"{prefix}[type]": "au_becs_debit",
            f"{prefix}[au_becs_debit][bsb_number]": "000000",
            f"{prefix}[au_becs_debit][account_number]": number,
            **billing,
        }
    return {f"{prefix}[type]": "card", f"{prefix}[card][number]": number, f"{prefix}[card][cvc]": "123"}


def _authenticate(base_url: str, intent: Json, result: str) -> Json:
    page = urlsplit(intent["next_action"]["use_stripe_sdk"]["stripe_js"])
    key = intent["next_action"]["use_stripe_sdk"]["source"]
    return _post(f"{base_url.rstrip('/')}{page.path}", {"key": key, "result": result})


def _post(url: str, fields: dict[str, str]) -> Json:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    reply = post(url, urlencode(fields).encode(), headers, _TIMEOUT_S)
    try:
        answer = json.loads(reply.body)
    except ValueError as error:
        raise WireError(f"{url}: answered {reply.status} without JSON") from error
    if reply.status >= 400:
        refusal = answer.get("error", {})
        code = refusal.get("decline_code") or refusal.get("code") or str(reply.status)
        raise SandboxDeclined(code, refusal.get("message", ""))
    if not isinstance(answer, dict):
        raise WireError(f"{url}: answered no JSON object")
    return answer
