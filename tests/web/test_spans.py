"""Spans for OpenTelemetry: one trace from a request to its deliveries, and nothing in it that is a secret."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select

from paymail import spans
from paymail.cli import trace_export
from paymail.models import Message
from tests.web.bearer import bearer
from tests.web.conftest import Site
from tests.web.test_webhook import event


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    """What this process exports while a test runs."""
    exporter = InMemorySpanExporter()
    spans.open_with(trace_export.through("paymail-test", SimpleSpanProcessor(exporter)))
    yield exporter
    spans.open_with(None)


def of_request(exporter: InMemorySpanExporter, request_id: str) -> list[ReadableSpan]:
    found = exporter.get_finished_spans()
    return [one for one in found if (one.attributes or {})["paymail.request_id"] == request_id]


def names(found: list[ReadableSpan]) -> list[str]:
    return [one.name for one in found]


def traces(found: list[ReadableSpan]) -> set[int]:
    return {one.context.trace_id for one in found if one.context}


def test_a_request_and_the_delivery_that_it_caused_are_one_trace(
    site: Site, exported: InMemorySpanExporter
) -> None:
    site.invoice()
    key = bearer(site.app, "write")
    for number in ("one", "two"):
        headers = {**key, "X-Request-ID": number, "Idempotency-Key": number}
        assert site.client.post("/api/v1/invoices/502/send", json={}, headers=headers).status_code == 202
    site.sweep()
    first = of_request(exported, "one")
    assert names(first) == ["POST /api/v1/invoices/{invoice_id}/send", "write", "deliver"]
    assert len(traces(first)) == 1
    assert traces(first).isdisjoint(traces(of_request(exported, "two")))
    assert dict(first[1].attributes or {}) == {
        "paymail.request_id": "one",
        "paymail.message_id": 1,
        "paymail.kind": "invoice",
    }


def test_a_payment_is_followed_to_stripe_and_its_event_to_the_receipt(
    site: Site, exported: InMemorySpanExporter
) -> None:
    token = site.invoice()
    started = site.client.post(
        f"/api/public/pay/{token}/create-payment", headers={"X-Request-ID": "button"}
    ).json()
    intent = site.customer_pays(started)
    assert site.webhook(event(intent)) == 200
    site.sweep()
    asked = of_request(exported, "button")
    assert names(asked) == [
        "Stripe POST /v1/payment_intents",
        "POST /api/public/pay/{token}/create-payment",
    ]
    inner, outer = asked
    assert inner.parent is not None and inner.parent == outer.context  # noqa: PT018
    with site.app.reading() as session:
        receipt = session.scalars(select(Message)).one()
    assert names(of_request(exported, receipt.request_id)) == [
        "POST /webhooks/stripe",
        "Stripe GET /v1/payment_intents/{id}",
        "write",
        "deliver",
    ]
    assert len(traces(of_request(exported, receipt.request_id))) == 1


def test_no_span_has_a_token_an_address_or_a_secret(site: Site, exported: InMemorySpanExporter) -> None:
    token = site.invoice()
    key = bearer(site.app, "write", "read")
    started = site.start(token)
    intent = site.customer_pays(started)
    site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    for path in (f"/pay/{token}", f"/pay/{token}?secret={token}", f"/nothing/{token}", "/static/site.css"):
        site.client.get(
            path, headers={"X-Request-ID": token, "Traceparent": f"00-{token[:32]}-{'1' * 16}-01"}
        )
    site.client.request(token.upper(), "/healthz")
    site.client.get("/api/v1/messages", headers=key, params={"recipient": "maria@example.test"})
    site.sweep()
    with site.app.transaction() as session:
        recipients = list(session.scalars(select(Message.recipient)))
    # Each request has a copy of the App, whose methods are those of its class: a field is broken.
    object.__setattr__(site.app, "now", lambda: (_ for _ in ()).throw(RuntimeError(token)))
    assert site.client.get(f"/pay/{token}").status_code == 500
    everything = " ".join(one.to_json() for one in exported.get_finished_spans()).lower()
    assert "deliver" in everything
    assert '"error.type": "runtimeerror"' in everything
    secrets = (token, str(started["clientSecret"]), intent, key["Authorization"].split()[1], "@", *recipients)
    assert [secret for secret in secrets if secret.lower() in everything] == []


def test_fastapi_adds_no_spans_of_its_own_whatever_the_environment_asks(site: Site) -> None:
    assert isinstance(site.client.app, FastAPI)
    telemetry = site.client.app._telemetry
    assert [name for name in ("tracing", "metrics", "logs", "auto_configure") if telemetry[name]] == []
