"""The database is away: what customers, programs and the log are told, and what comes of a payment."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import exc, text
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from paymail.db import schema
from paymail.models import Payment
from paymail.sandbox.server import SandboxServer
from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.web.http import errors
from paymail.wiring import build
from tests.conftest import free_port
from tests.postgres import Cluster
from tests.web.bearer import bearer
from tests.web.conftest import Site

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that no other test uses: it is stopped."""
    with Cluster(free_port()) as found:
        yield found


@pytest.fixture
def shop(
    cluster: Cluster, sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("away")
    url = cluster.create(re.sub(r"\W", "_", folder.name))
    app = build(Settings(data_dir=folder, database_url=url, sandbox_url=sandbox.url))
    schema.upgrade(app.engine)
    with TestClient(create_app(app), base_url="https://pay.example", raise_server_exceptions=False) as client:
        yield Site(app, client)
    app.close()


class StopsTheDatabase:
    """Stripe's gateway, but the database is stopped as soon as Stripe has answered about an intent."""

    def __init__(self, gateway: object, cluster: Cluster) -> None:
        self._gateway, self._cluster = gateway, cluster

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def retrieve_intent(self, **named: Any) -> object:
        answer = self._gateway.retrieve_intent(**named)  # type: ignore[attr-defined]
        self._cluster.stop()
        return answer


def is_away(answer: Response) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "database_unavailable"
    assert int(answer.headers["retry-after"]) > 0
    assert "charged" not in answer.text


def test_who_asks_while_the_database_is_away_gets_503_and_the_next_one_is_served(
    shop: Site, cluster: Cluster
) -> None:
    token = shop.invoice()
    api = f"/api/public/pay/{token}"
    staff = bearer(shop.app, "read")
    cluster.stop()
    try:
        with capture_logs() as lines:
            is_away(shop.client.get(api))
            is_away(shop.client.post(f"{api}/create-payment"))
            is_away(shop.client.post(f"{api}/confirm-payment", json={"paymentIntentId": "pi_1"}))
            is_away(shop.client.get("/api/v1/invoices", headers=staff))
            is_away(shop.client.get("/readyz"))
            page = shop.client.get(f"/pay/{token}", headers={**HTML, "Accept-Language": "de"})
    finally:
        cluster.start()
    assert page.status_code == 503
    assert "zahlen Sie bitte nicht noch einmal" in page.text
    assert '<meta http-equiv="refresh"' in page.text
    away = [line for line in lines if line["log_level"] == "error"]
    assert len(away) == 6
    assert all(len(str(line)) < 700 and "exc_info" not in line and token not in str(line) for line in away)
    assert shop.client.get(api).status_code == 200


def test_a_form_that_was_sent_while_the_database_is_away_is_not_called_saved_or_lost(
    shop: Site, cluster: Cluster
) -> None:
    token = shop.invoice()
    cluster.stop()
    try:
        page = shop.client.post(f"/pay/{token}/paid", data={"text": "by bank"}, headers=HTML)
    finally:
        cluster.start()
    assert page.status_code == 503
    assert "We do not know whether what you sent was saved" in page.text
    assert "refresh" not in page.text


def test_a_database_that_goes_after_stripe_was_asked_loses_no_payment_and_claims_nothing(
    shop: Site, cluster: Cluster
) -> None:
    token = shop.invoice()
    intent = shop.customer_pays(shop.start(token))
    confirm, gateway = f"/api/public/pay/{token}/confirm-payment", shop.app.gateway
    object.__setattr__(shop.app, "gateway", StopsTheDatabase(gateway, cluster))
    try:
        is_away(shop.client.post(confirm, json={"paymentIntentId": intent}))
    finally:
        cluster.start()
        object.__setattr__(shop.app, "gateway", gateway)
    assert shop.count(Payment) == 0
    assert shop.client.post(confirm, json={"paymentIntentId": intent}).status_code == 200
    assert shop.count(Payment) == 1


def failing(error: Exception) -> Response:
    """Return what a web application answers while `error` is raised."""
    web = FastAPI()
    web.state.headers = {}
    errors.install(web)

    @web.get("/")
    def fail() -> None:
        raise error

    return TestClient(web, raise_server_exceptions=False).get("/")


@pytest.mark.parametrize(
    ("kind", "cause", "invalidated"),
    [
        (exc.InternalError, psycopg.errors.ReadOnlySqlTransaction, True),
        (exc.InternalError, psycopg.errors.IdleInTransactionSessionTimeout, True),
        (exc.OperationalError, psycopg.errors.AdminShutdown, True),
        (exc.OperationalError, psycopg.errors.CrashShutdown, True),
        (exc.OperationalError, psycopg.errors.CannotConnectNow, False),
    ],
)
def test_a_server_that_ends_or_became_a_standby_is_a_database_that_is_away(
    kind: type[exc.DBAPIError], cause: type[psycopg.Error], invalidated: bool
) -> None:
    is_away(failing(kind("UPDATE x", {}, cause("…"), connection_invalidated=invalidated)))


@pytest.mark.parametrize(
    "error",
    [
        exc.IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation("…")),
        exc.InternalError("SELECT", {}, psycopg.errors.InFailedSqlTransaction("…")),
        exc.ProgrammingError("SELECT", {}, psycopg.errors.UndefinedColumn("…")),
    ],
)
def test_a_statement_of_ours_that_is_wrong_is_our_fault(error: exc.DBAPIError) -> None:
    answer = failing(error)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


def test_a_standby_is_answered_for_like_a_database_that_is_away_until_it_takes_writes_again(
    shop: Site,
) -> None:
    token, name = shop.invoice(), shop.app.engine.url.database
    write = f"/api/public/pay/{token}/already-paid"
    with shop.app.engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    shop.app.engine.dispose()
    is_away(shop.client.post(write, json={}))
    assert shop.client.get(f"/api/public/pay/{token}").status_code == 200
    with shop.app.engine.begin() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        connection.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
    is_away(shop.client.post(write, json={}))  # by the connection that was made meanwhile, for the last time
    assert shop.client.post(write, json={}).status_code == 200


def test_what_fails_unforeseen_does_not_claim_that_nothing_was_charged(shop: Site) -> None:
    token = shop.invoice()
    broken = replace(shop.app, now=lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    with TestClient(create_app(broken), raise_server_exceptions=False) as client:
        answer = client.post(f"/api/public/pay/{token}/create-payment")
    assert answer.status_code == 500
    assert "not been charged" not in answer.text
    assert "before you try again" in answer.json()["detail"]
