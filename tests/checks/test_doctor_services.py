"""Database, broker, workers, outbox, mail and Stripe, with the real thing failing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import redis

from paymail.checks import Finding, Verdict
from paymail.db import make_engine, schema
from paymail.models import Gate, GatewayEvent, GatewayEventState, Heartbeat, Message, MessageState
from paymail.ports.mail import Outcome
from paymail.ports.mail import Verdict as Delivery
from paymail.services.payments.webhook_inbox import USED_EVENTS
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.wiring import App
from tests.checks.conftest import ask, verdicts
from tests.conftest import ROOT, free_port
from tests.contract.mail.sink import Sink
from tests.factories import make_invoice
from tests.postgres import Cluster

Open = Callable[..., App]


def test_an_embedded_database_is_synced_and_current(opened: Open, embedded: Settings) -> None:
    found = ask(opened(embedded), "database")
    assert verdicts(found) == [Verdict.OK, Verdict.OK]
    assert "every commit synced" in found[0].found


def test_a_database_that_is_not_there_is_not_made_by_looking(opened: Open, tmp_path: Path) -> None:
    app = opened(Settings(data_dir=tmp_path / "new"))
    (found,) = ask(app, "database")
    assert (found.verdict, "paymail db upgrade" in found.remedy) == (Verdict.FAILED, True)
    assert not (tmp_path / "new" / "paymail.db").exists()


def test_a_file_that_is_no_database_is_a_failure(opened: Open, embedded: Settings) -> None:
    (embedded.data_dir / "paymail.db").write_bytes(b"not a database, " * 400)
    (found,) = ask(opened(embedded), "database")
    assert (found.verdict, "is not responding" in found.found) == (Verdict.FAILED, True)


def test_a_schema_behind_the_migrations_is_a_failure_and_stays_as_it_is(
    opened: Open, embedded: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "old.db"
    engine = make_engine(f"sqlite:///{file}")
    schema.upgrade(engine, "0001")
    app = opened(embedded, database_url=f"sqlite:///{file}")
    found = ask(app, "database")
    assert verdicts(found) == [Verdict.OK, Verdict.FAILED]
    assert found[1].remedy == "run `paymail db upgrade`"
    assert not schema.is_current(engine)
    engine.dispose()


def test_postgresql_that_does_not_sync_is_a_failure(
    opened: Open, embedded: Settings, postgres: Cluster
) -> None:
    # The tests' own cluster runs without fsync, which is what the check is for.
    url = postgres.create("doctor_lossy", template="template_paymail")
    app = opened(embedded, database_url=url)
    found = ask(app, "database")
    assert verdicts(found) == [Verdict.FAILED, Verdict.OK]
    assert "has fsync off" in found[0].found
    app.close()
    postgres.drop("doctor_lossy")


def test_postgresql_that_syncs_is_fine(opened: Open, embedded: Settings) -> None:
    with Cluster(free_port(), fsync=True) as cluster:
        app = opened(embedded, database_url=cluster.create("doctor"))
        found = ask(app, "database")
        app.close()
    assert verdicts(found) == [Verdict.OK, Verdict.FAILED]
    assert "every commit synced" in found[0].found
    assert "the schema is out of date" in found[1].found


def test_postgresql_that_does_not_answer_is_a_failure_without_its_password(
    opened: Open, embedded: Settings
) -> None:
    url = f"postgresql+psycopg://paymail:sesame123@127.0.0.1:{free_port()}/paymail"
    (found,) = ask(opened(embedded, database_url=url), "database")
    assert (found.verdict, "is not responding" in found.found) == (Verdict.FAILED, True)
    assert "sesame123" not in str(found)


def test_the_embedded_broker_is_a_folder(opened: Open, embedded: Settings) -> None:
    assert verdicts(ask(opened(embedded), "broker")) == [Verdict.OK]


def test_a_redis_that_forgets_nothing_is_fine_and_one_that_evicts_is_not(
    opened: Open, embedded: Settings, redis_url: str
) -> None:
    app = opened(embedded, broker_url=redis_url)
    client = redis.Redis.from_url(redis_url)
    assert verdicts(ask(app, "broker")) == [Verdict.OK]
    client.config_set("maxmemory-policy", "allkeys-lru")
    (found,) = ask(app, "broker")
    client.config_set("maxmemory-policy", "noeviction")
    client.close()
    assert (found.verdict, "allkeys-lru" in found.found) == (Verdict.WARNING, True)


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_on_a_closed_port_is_a_failure_without_its_password(
    opened: Open, embedded: Settings, scheme: str
) -> None:
    url = f"{scheme}://user:sesame123@127.0.0.1:{free_port()}/0"
    (found,) = ask(opened(embedded, broker_url=url), "broker")
    assert (found.verdict, "127.0.0.1" in found.found) == (Verdict.FAILED, True)
    assert "sesame123" not in str(found)


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (None, Verdict.FAILED),
        (timedelta(seconds=5), Verdict.OK),
        (timedelta(seconds=90), Verdict.FAILED),
        (timedelta(hours=1), Verdict.FAILED),
        (timedelta(seconds=-60), Verdict.WARNING),
    ],
)
def test_a_heartbeat_tells_whether_somebody_works(
    opened: Open, settings: Settings, age: timedelta | None, verdict: Verdict
) -> None:
    app = opened(settings)
    if age is not None:
        with app.transaction() as session:
            session.add(Heartbeat(worker="host:1", seen_at=app.now() - age))
            session.add(Heartbeat(worker="host:2", seen_at=app.now() - timedelta(hours=20)))
    assert verdicts(ask(app, "workers")) == [verdict]


def test_a_slow_sweep_is_no_excuse_for_an_old_heartbeat(opened: Open, embedded: Settings) -> None:
    app = opened(embedded, sweep_seconds=60.0)
    with app.transaction() as session:
        session.add(Heartbeat(worker="host:1", seen_at=app.now() - timedelta(seconds=90)))
    (found,) = ask(app, "workers")
    assert "no worker is alive" in found.found


def queue(app: App, *, state: MessageState, due: datetime, invoice_id: int) -> None:
    with app.transaction() as session:
        make_invoice(session, invoice_id=invoice_id)
        queued = send_invoice(session, invoice_id=invoice_id, actor="test", now=app.now())
        message = session.get_one(Message, queued.message_id)
        message.state, message.next_at, message.settled_at = state, due, due


def test_the_outbox_tells_what_is_late_in_doubt_or_failed(opened: Open, settings: Settings) -> None:
    app = opened(settings)
    now = app.now()
    assert verdicts(ask(app, "outbox")) == [Verdict.OK]
    queue(app, state=MessageState.SCHEDULED, due=now + timedelta(hours=1), invoice_id=1)
    queue(app, state=MessageState.SCHEDULED, due=now - timedelta(minutes=4), invoice_id=2)
    queue(app, state=MessageState.FAILED, due=now - timedelta(days=8), invoice_id=3)
    assert verdicts(ask(app, "outbox")) == [Verdict.OK]
    queue(app, state=MessageState.UNKNOWN, due=now, invoice_id=4)
    queue(app, state=MessageState.FAILED, due=now - timedelta(days=6), invoice_id=5)
    queue(app, state=MessageState.SCHEDULED, due=now - timedelta(hours=3), invoice_id=6)
    found = ask(app, "outbox")
    assert verdicts(found) == [Verdict.WARNING] * 3
    told = " ".join(one.found for one in found)
    for words in ("1 message(s) may or may not", "1 message(s) failed", "has been waiting for 3 h"):
        assert words in told
    with app.transaction() as session:
        session.add(Gate(key="relay", opens_at=now + timedelta(hours=1)))
    assert "some held up by relay" in ask(app, "outbox")[2].found


def test_events_that_wait_or_were_given_up_are_told(opened: Open, settings: Settings) -> None:
    app = opened(settings)
    now = app.now()
    assert verdicts(ask(app, "stripe events")) == [Verdict.OK]
    for number, state in enumerate((GatewayEventState.RECEIVED, GatewayEventState.DEAD)):
        with app.transaction() as session:
            session.add(
                GatewayEvent(
                    event_id=f"evt_{number}",
                    type="payment_intent.succeeded",
                    account="acct_sandbox",
                    livemode=False,
                    intent_id="pi_1",
                    created=0,
                    state=state,
                    received_at=now - timedelta(hours=1),
                    next_at=now - timedelta(hours=1),
                )
            )
    found = ask(app, "stripe events")
    assert verdicts(found) == [Verdict.WARNING, Verdict.WARNING]
    assert "a payment may be missing" in found[0].found


class Probed:
    """A mailer that was tried with this outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def probe(self) -> Outcome:
        return self._outcome

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("outcome", "verdict", "words"),
    [
        (Outcome(Delivery.SENT, 250, "ready; offers STARTTLS", "NOOP"), Verdict.OK, "offers STARTTLS"),
        (
            Outcome(Delivery.DEFERRED, 0, "Connection refused", "connect"),
            Verdict.FAILED,
            "refused (at connect)",
        ),
        (Outcome(Delivery.FAILED, 535, "bad credentials", "AUTH"), Verdict.FAILED, "535 bad credentials"),
    ],
)
def test_the_mail_transport_is_tried_without_a_mail(
    opened: Open, embedded: Settings, outcome: Outcome, verdict: Verdict, words: str
) -> None:
    app = opened(embedded, mail_transport="smtp", smtp_port=2525)
    object.__setattr__(app, "mailer", Probed(outcome))
    (found,) = ask(app, "mail")
    assert (found.verdict, words in found.found, "127.0.0.1:2525" in found.found) == (verdict, True, True)


def smtp(opened: Open, embedded: Settings, port: int, **more: object) -> Finding:
    changes: dict[str, object] = {"mail_transport": "smtp", "smtp_security": "none", "smtp_port": port}
    (found,) = ask(opened(embedded, **changes | more), "mail")
    return found


def test_a_mail_server_that_listens_is_fine_and_gets_no_mail(opened: Open, embedded: Settings) -> None:
    with Sink() as sink:
        assert smtp(opened, embedded, sink.port).verdict is Verdict.OK
    assert sink.accepted == []
    assert not any(command.upper().startswith(("MAIL", "RCPT", "DATA")) for command in sink.commands)


def test_a_mail_server_that_is_gone_or_refuses_is_a_failure(opened: Open, embedded: Settings) -> None:
    found = smtp(opened, embedded, free_port())
    assert (found.verdict, "refused" in found.found) == (Verdict.FAILED, True), found
    with Sink(greeting="554 no service here") as sink:
        found = smtp(opened, embedded, sink.port)
    assert (found.verdict, "554" in found.found) == (Verdict.FAILED, True), found
    with Sink() as sink:  # it offers no STARTTLS, which is what the settings ask for
        assert smtp(opened, embedded, sink.port, smtp_security="starttls").verdict is Verdict.FAILED


def test_the_file_mailbox_is_tried_too(opened: Open, embedded: Settings) -> None:
    app = opened(embedded)
    assert verdicts(ask(app, "mail")) == [Verdict.OK]
    assert list(app.mailbox.glob("*")) == []
    app.mailbox.rmdir()
    app.mailbox.touch()
    (found,) = ask(app, "mail")
    assert (found.verdict, "writable" in found.remedy) == (Verdict.FAILED, True)


def test_smtp_in_the_clear_over_a_network_is_a_warning(opened: Open, embedded: Settings) -> None:
    for host, expected in (("relay.southern-it.com", Verdict.WARNING), ("127.0.0.1", Verdict.OK)):
        app = opened(embedded, mail_transport="smtp", smtp_security="none", smtp_host=host)
        object.__setattr__(app, "mailer", Probed(Outcome(Delivery.SENT, 250)))
        assert ask(app, "mail")[0].verdict is expected


def test_the_readme_names_the_events_that_the_doctor_asks_for() -> None:
    named = (ROOT / "README.md").read_text().split()
    assert [event for event in USED_EVENTS if event not in named] == []
