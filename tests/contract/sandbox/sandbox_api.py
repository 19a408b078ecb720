"""The real SDK as a sandbox's client, and the sandbox's control endpoints."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import stripe
from stripe import StripeClient

from paymail.sandbox.server import SandboxServer

ACCOUNT = {"stripe_account": "acct_sandbox"}
Json = dict[str, Any]


@dataclass
class Api:
    """The real SDK against one sandbox."""

    client: StripeClient
    url: str

    def create(self, **params: Any) -> stripe.PaymentIntent:
        options = {**ACCOUNT, **params.pop("options", {})}
        return self.client.v1.payment_intents.create(
            {"amount": 12100, "currency": "aud", **params}, options=options
        )

    def confirm(self, intent_id: str, method: str = "pm_card_visa", **params: Any) -> stripe.PaymentIntent:
        return self.client.v1.payment_intents.confirm(
            intent_id, {"payment_method": method, **params}, options=ACCOUNT
        )

    def get(self, intent_id: str) -> stripe.PaymentIntent:
        return self.client.v1.payment_intents.retrieve(intent_id, options=ACCOUNT)

    def events(self, **params: Any) -> list[str]:
        return [event.type for event in self.client.v1.events.list(params, options=ACCOUNT).data]

    def control(self, name: str, body: Json | None = None, method: str = "POST") -> Json:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{name}",
            data,
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)


@contextmanager
def opened(server: SandboxServer, *, key: str = "sk_test_sandbox", timeout: float = 20.0) -> Iterator[Api]:
    """Give the SDK against this sandbox, and close its connections afterwards."""
    http_client = stripe.RequestsClient(timeout=timeout)
    client = StripeClient(
        key, base_addresses={"api": server.url}, http_client=http_client, max_network_retries=0
    )
    try:
        yield Api(client, server.url)
    finally:
        http_client.close()
