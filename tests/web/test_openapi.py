"""The description is the API: what it says happens, what happens it says."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from paymail.models import InvoiceStatus
from paymail.sandbox.server import SandboxServer
from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.wiring import build
from tests.factories import make_invoice

OPERATIONS = [
    ("/api/public/pay/{token}", "GET"),
    ("/api/public/pay/{token}/create-payment", "POST"),
    ("/api/public/pay/{token}/confirm-payment", "POST"),
    ("/api/public/pay/{token}/invoice.pdf", "GET"),
    ("/api/public/pay/{token}/receipt.pdf", "GET"),
    ("/webhooks/stripe", "POST"),
    ("/healthz", "GET"),
    ("/readyz", "GET"),
]


@pytest.fixture(scope="module")
def described(
    sqlite_template: Path, sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, list[str]]]:
    folder = tmp_path_factory.mktemp("openapi")
    shutil.copy(sqlite_template, folder / "paymail.db")
    app = build(Settings(data_dir=folder, sandbox_url=sandbox.url, pay_rate_limit="100000/minute"))
    with app.transaction() as session:
        kinds = {1: InvoiceStatus.SENT, 2: InvoiceStatus.VOID, 3: InvoiceStatus.DRAFT}
        tokens = [make_invoice(session, invoice_id=n, status=s).payment_token or "" for n, s in kinds.items()]
    yield create_app(app), tokens
    app.close()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described(described: tuple[Any, list[str]], path: str, method: str) -> None:
    app, tokens = described
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)[path][method]

    @settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True)
    @given(operation.as_strategy(), st.sampled_from([*tokens, None]))
    def check(case: Any, token: str | None) -> None:
        if token is not None and "token" in case.path_parameters:
            case.path_parameters["token"] = token
        case.call_and_validate()

    check()


def test_the_description_lists_the_public_api_and_nothing_of_the_staff(
    described: tuple[Any, list[str]],
) -> None:
    found = TestClient(described[0]).get("/openapi.json").json()
    described_routes = {(path, method) for path, item in found["paths"].items() for method in item}
    assert described_routes == {(path, method.lower()) for path, method in OPERATIONS}
    for item in found["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if status >= "4":
                    assert list(response["content"]) == ["application/problem+json"]
