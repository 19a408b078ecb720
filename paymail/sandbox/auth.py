"""Who asks: which key, for which account."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.forms import text
from paymail.sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Caller:
    """A key that was recognised and the account it speaks for."""

    account: str
    public: bool


def authenticate(sandbox: Sandbox, headers: Mapping[str, str], params: Json, intent_id: str) -> Caller:
    """Return the caller, or refuse the key or the account."""
    key = _given_key(headers, params)
    public = key in sandbox.config.publishable_keys
    if not public and key not in sandbox.config.secret_keys:
        shown = f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 16 else "*" * 8
        raise ApiError(f"Invalid API Key provided: {shown}", status=401)
    account = headers.get("stripe-account") or text(params, "_stripe_account")
    if account:
        if not sandbox.has_account(account):
            message = (
                f"The provided key does not have access to account '{account}' (or that account does "
                "not exist). Application access may have been revoked."
            )
            raise ApiError(message, status=403, code="account_invalid")
        return Caller(account, public)
    found = _account_by_secret(sandbox, params, intent_id) if public else None
    return Caller(found or sandbox.config.platform_account, public)


def _account_by_secret(sandbox: Sandbox, params: Json, intent_id: str) -> str | None:
    """Find a connected account by an exact client secret.

    Stripe itself wants the account named. `paymail sandbox pay` is given a client secret only,
    and whoever holds it may pay that intent, so the sandbox looks the account up.
    """
    found = sandbox.store.find("payment_intent", intent_id)
    if found and params.get("client_secret") == found[1]["client_secret"]:
        return found[0]
    return None


def _given_key(headers: Mapping[str, str], params: Json) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ApiError("Invalid Authorization header.", status=401) from error
    key = text(params, "key")
    if key is None or not re.match(r"pk_", key):
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        raise ApiError(message, status=401)
    return key
