"""What Prometheus reads: numbers of the database and of the processes, and no names."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from paymail.checks import gauges
from paymail.checks.gauges import DatabaseGauges
from paymail.models import Heartbeat
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.conftest import environment, free_port
from tests.factories import make_invoice
from tests.tasks.test_workers import until


def scraped(app: App) -> str:
    registry = CollectorRegistry()
    registry.register(DatabaseGauges(app))
    return generate_latest(registry).decode()


def test_the_database_says_what_waits_and_who_works(settings: Settings) -> None:
    app = build(settings)
    with app.transaction() as session:
        make_invoice(session)
        send_invoice(session, invoice_id=502, actor="ada", now=app.now() - timedelta(minutes=10))
        session.add(Heartbeat(worker="host:1", seen_at=app.now()))
    found = scraped(app)
    assert "paymail_database_up 1.0" in found
    assert 'paymail_messages{state="scheduled"} 1.0' in found
    assert "paymail_workers_alive 1.0" in found
    age = next(line for line in found.splitlines() if line.startswith("paymail_oldest_due_message_seconds "))
    assert 590 < float(age.split()[1]) < 700
    assert "host:1" not in found
    app.close()


def test_a_database_that_does_not_answer_is_down_and_nothing_else_is_said(settings: Settings) -> None:
    app = build(settings)
    with app.engine.begin() as connection:
        connection.execute(text("ALTER TABLE messages RENAME TO gone"))
    found = [line for line in scraped(app).splitlines() if not line.startswith("#")]
    assert found == ["paymail_database_up 0.0"]
    app.close()


def test_a_query_that_takes_too_long_is_ended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = build(settings)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    def slow(session: Session, *, now: object) -> Iterator[Metric]:
        session.execute(text(endless))
        yield from ()

    monkeypatch.setattr(gauges, "gauges", slow)
    monkeypatch.setattr(gauges, "LONGEST", 0.2)
    began = time.monotonic()
    assert "paymail_database_up 0.0" in scraped(app)
    assert time.monotonic() - began < 10
    with app.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
    app.close()


def test_what_is_counted_is_read_from_an_index(settings: Settings) -> None:
    app = build(settings)
    heard: list[tuple[str, Any]] = []
    with app.reading() as session:
        if app.engine.dialect.name == "sqlite":
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda *given: heard.append(given[2:4]))
            list(gauges.gauges(session, now=app.now()))
            counted = [one for one in heard if "GROUP BY" in one[0]]
            assert len(counted) == 4
            for statement, parameters in counted:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                assert "INDEX ix_" in plan[0].detail, statement
        else:
            for table in ("messages", "payment_attempts", "refunds"):
                first = session.execute(
                    text("SELECT 1 FROM pg_indexes WHERE tablename = :t AND indexdef ~ '\\((state|status)'"),
                    {"t": table},
                )
                assert first.first() is not None
    app.close()


def test_a_worker_serves_what_its_processes_measured(embedded: Settings) -> None:
    app, port = build(embedded), free_port()
    with app.transaction() as session:
        make_invoice(session)
        send_invoice(session, invoice_id=502, actor="ada", now=app.now())
    worker = subprocess.Popen(
        [sys.executable, "-m", "paymail", "worker", "--pool", "prefork", "--concurrency", "1"],
        env=environment(embedded.data_dir, PAYMAIL_METRICS_PORT=str(port), PAYMAIL_RECONCILE_MINUTES="0"),
        stderr=subprocess.DEVNULL,
    )

    def metrics() -> str:
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer,
        ):
            return answer.read().decode()
        return ""

    try:
        until(lambda: 'paymail_handover_seconds_count{outcome="sent"} 1.0' in metrics())
        assert "paymail_render_seconds_count 1.0" in metrics()
    finally:
        worker.terminate()
        worker.wait(30)
    app.close()
