"""The description is the API: what it says happens, what happens it says."""

import functools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from paymail.models import InvoiceStatus
from paymail.ports.rendering import PdfRenderer
from paymail.sandbox.server import SandboxServer
from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.wiring import App, build
from tests.factories import make_invoice
from tests.web.bearer import bearer

pytestmark = pytest.mark.thorough

OPERATIONS = [
    ("/api/public/pay/{token}", "GET"),
    ("/api/public/pay/{token}/create-payment", "POST"),
    ("/api/public/pay/{token}/confirm-payment", "POST"),
    ("/api/public/pay/{token}/invoice.pdf", "GET"),
    ("/api/public/pay/{token}/receipt.pdf", "GET"),
    ("/api/public/pay/{token}/receipts/{number}.pdf", "GET"),
    ("/api/public/pay/{token}/credit-notes/{refund_id}.pdf", "GET"),
    ("/api/public/pay/{token}/renew", "POST"),
    ("/api/public/pay/{token}/already-paid", "POST"),
    ("/api/public/pay/{token}/promise", "POST"),
    ("/api/public/pay/{token}/objection", "POST"),
    ("/api/public/pay/{token}/copy", "POST"),
    ("/api/public/pay/{token}/saved-method/remove", "POST"),
    ("/webhooks/stripe", "POST"),
    ("/healthz", "GET"),
    ("/readyz", "GET"),
]
STAFF_OPERATIONS = [
    ("/api/v1/invoices/{invoice_id}/credit-notes", "POST"),
    ("/api/v1/refunds/{refund_id}/withdraw", "POST"),
    ("/api/v1/customers/{customer_id}/merge", "POST"),
    ("/api/v1/customers/{customer_id}/hold", "POST"),
    ("/api/v1/customers/{customer_id}/release", "POST"),
    ("/api/v1/customers/{customer_id}/contacts", "GET"),
    ("/api/v1/customers/{customer_id}/contacts", "POST"),
    ("/api/v1/customers/{customer_id}/contacts/{contact_id}", "DELETE"),
    ("/api/v1/invoices", "GET"),
    ("/api/v1/invoices/{invoice_id}", "GET"),
    ("/api/v1/invoices/{invoice_id}", "PUT"),
    ("/api/v1/invoices/{invoice_id}/issue", "POST"),
    ("/api/v1/imports", "POST"),
    ("/api/v1/invoices/{invoice_id}/send", "POST"),
    ("/api/v1/invoices/{invoice_id}/copies", "POST"),
    ("/api/v1/invoices/{invoice_id}/link", "POST"),
    ("/api/v1/invoices/{invoice_id}/objections", "GET"),
    ("/api/v1/invoices/{invoice_id}/objections/close", "POST"),
    ("/api/v1/invoices/{invoice_id}/link", "DELETE"),
    ("/api/v1/issuers/{issuer_id}/links", "POST"),
    ("/api/v1/issuers", "GET"),
    ("/api/v1/issuers/{issuer_id}", "GET"),
    ("/api/v1/issuers/{issuer_id}", "PATCH"),
    ("/api/v1/issuers/{issuer_id}/bank-change/cancel", "POST"),
    ("/api/v1/customers", "GET"),
    ("/api/v1/customers/{customer_id}", "GET"),
    ("/api/v1/customers/{customer_id}", "PUT"),
    ("/api/v1/customers/{customer_id}/statement.pdf", "GET"),
    ("/api/v1/invoices/{invoice_id}/payments", "GET"),
    ("/api/v1/invoices/{invoice_id}/payments", "POST"),
    ("/api/v1/payments/{payment_id}/refunds", "POST"),
    ("/api/v1/payments/{payment_id}/receipt", "POST"),
    ("/api/v1/payments/{payment_id}/receipt.pdf", "GET"),
    ("/api/v1/refunds/{refund_id}/credit-note.pdf", "GET"),
    ("/api/v1/invoices/{invoice_id}/write-off", "POST"),
    ("/api/v1/invoices/{invoice_id}/write-off", "DELETE"),
    ("/api/v1/invoices/{invoice_id}/void", "POST"),
    ("/api/v1/invoices/{invoice_id}/part-payments", "PUT"),
    ("/api/v1/invoices/{invoice_id}/plan", "GET"),
    ("/api/v1/invoices/{invoice_id}/plan", "PUT"),
    ("/api/v1/invoices/{invoice_id}/plan", "DELETE"),
    ("/api/v1/messages", "GET"),
    ("/api/v1/messages/{message_id}", "GET"),
    ("/api/v1/messages/{message_id}/cancel", "POST"),
    ("/api/v1/messages/{message_id}/email.eml", "GET"),
    ("/api/v1/messages/{message_id}/attached.pdf", "GET"),
    ("/api/v1/messages/{message_id}/reschedule", "POST"),
    ("/api/v1/messages/{message_id}/resolve", "POST"),
    ("/api/v1/forecast", "GET"),
    ("/api/v1/invoices/{invoice_id}/reminders", "GET"),
    ("/api/v1/invoices/{invoice_id}/reminders", "POST"),
    ("/api/v1/invoices/{invoice_id}/hold", "POST"),
    ("/api/v1/invoices/{invoice_id}/release", "POST"),
    ("/api/v1/invoices/{invoice_id}/remind", "POST"),
    ("/api/v1/customers/{customer_id}/reminders", "POST"),
    ("/api/v1/imports", "GET"),
    ("/api/v1/imports/{import_id}", "GET"),
    ("/api/v1/imports/{import_id}/send", "POST"),
    ("/api/v1/imports/{import_id}/take-back", "POST"),
    ("/api/v1/bulk", "GET"),
    ("/api/v1/bulk", "POST"),
    ("/api/v1/bulk/{bulk_id}", "GET"),
    ("/api/v1/bulk/{bulk_id}/pause", "POST"),
    ("/api/v1/bulk/{bulk_id}/resume", "POST"),
    ("/api/v1/bulk/{bulk_id}/cancel", "POST"),
    ("/api/v1/bounces", "POST"),
    ("/api/v1/suppressions", "GET"),
    ("/api/v1/suppressions", "POST"),
    ("/api/v1/suppressions/lift", "POST"),
    ("/api/v1/reconciliation", "GET"),
    ("/api/v1/events", "GET"),
    ("/api/v1/events/{event_id}", "GET"),
    ("/api/v1/events/{event_id}/reprocess", "POST"),
]
PATIENCE = 120
"""Seconds for one answer: a busy machine may need them."""
FEWER = int(os.environ.get("FEWER_EXAMPLES", "1"))
"""`make quick` is content with a part of the requests."""
UNLIMITED = {name: "1000000/minute" for name in Settings.model_fields if name.endswith("rate_limit")}


@dataclass(frozen=True)
class Described:
    """The web application, what it is made of, and pay links in it."""

    site: Any
    schema: Any
    app: App
    tokens: list[str]


class Remembering:
    """Makes each PDF once: equal documents give equal bytes, and hundreds of requests ask for a few."""

    def __init__(self, renderer: PdfRenderer) -> None:
        self.render = functools.cache(renderer.render)


@pytest.fixture(scope="module")
def described(
    sqlite_template: Path, sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Described]:
    folder = tmp_path_factory.mktemp("openapi")
    shutil.copy(sqlite_template, folder / "paymail.db")
    made = build(Settings(data_dir=folder, sandbox_url=sandbox.url, **UNLIMITED))
    app = replace(made, pdf=Remembering(made.pdf))
    with app.transaction() as session:
        kinds = {1: InvoiceStatus.SENT, 2: InvoiceStatus.VOID, 3: InvoiceStatus.DRAFT}
        tokens = [make_invoice(session, invoice_id=n, status=s).payment_token or "" for n, s in kinds.items()]
    site = create_app(app)
    yield Described(site, schemathesis.openapi.from_asgi("/openapi.json", site), app, tokens)
    app.close()


UNSAID = ("/promise", "/create-payment", "/objection", "/copy")


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described(described: Described, path: str, method: str) -> None:
    operation, tokens = described.schema[path][method], described.tokens

    @settings(
        max_examples=60 // FEWER, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True
    )
    @given(operation.as_strategy(), st.sampled_from([*tokens, None]))
    def check(case: Any, token: str | None) -> None:
        if token is not None and "token" in case.path_parameters:
            case.path_parameters["token"] = token
        # Which days may be promised, which amounts paid and which addresses mailed, no schema says: a 422 for
        # one is no fault.
        unsaid = [positive_data_acceptance] if path.endswith(UNSAID) else []
        case.call_and_validate(excluded_checks=unsaid, timeout=PATIENCE)

    check()


@pytest.mark.parametrize(("path", "method"), STAFF_OPERATIONS)
def test_every_answer_of_the_staff_api_is_as_described(described: Described, path: str, method: str) -> None:
    key = bearer(described.app, "read", "write", "bounces")
    operation = described.schema[path][method]

    @settings(
        max_examples=40 // FEWER, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True
    )
    @given(operation.as_strategy(), st.sampled_from([1, 2, 3, None]))
    def check(case: Any, known: int | None) -> None:
        for name in case.path_parameters:
            case.path_parameters[name] = known or case.path_parameters[name]
        # The key goes with every request; the check that leaves it out expects the 401 it gets.
        # What a time or a reason must be like is more than a schema says: a 422 for it is no fault.
        case.call_and_validate(headers=key, timeout=PATIENCE, excluded_checks=[positive_data_acceptance])

    check()


def test_the_description_lists_both_apis_and_nothing_of_the_pages(
    described: Described,
) -> None:
    found = TestClient(described.site).get("/openapi.json").json()
    described_routes = {(path, method) for path, item in found["paths"].items() for method in item}
    listed = [*OPERATIONS, *STAFF_OPERATIONS]
    assert described_routes == {(path, method.lower()) for path, method in listed}
    for path, method in STAFF_OPERATIONS:
        assert found["paths"][path][method.lower()]["security"] == [{"key": []}]
    scheme = found["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for item in found["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if status >= "4":
                    assert list(response["content"]) == ["application/problem+json"]
