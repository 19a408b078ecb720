"""The sweep takes in bounces, follows the relay's log and keeps retention; one failing stops no other."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from paymail.models import Blob, Bounce, Invoice, InvoiceStatus, Message, MessageState
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.tasks import maintenance
from paymail.tasks.sweep import sweep_once
from paymail.wiring import App, build
from tests.dsn import TOKEN, sample
from tests.factories import make_invoice


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[App]:
    """An application with a bounce folder, a relay log and a retention of a day."""
    (tmp_path / "bounces" / "new").mkdir(parents=True)
    changes = {
        "bounce_dir": str(tmp_path / "bounces"),
        "relay_log": str(tmp_path / "mail.log"),
        "retention_days": 1,
    }
    found = build(settings.model_copy(update=changes))
    with found.transaction() as session:
        make_invoice(session)
        send_invoice(session, invoice_id=502, actor="test", now=found.now())
    sweep_once(found)
    yield found
    found.close()


def message(app: App) -> Message:
    with app.reading() as session:
        return session.scalars(select(Message).where(Message.kind == "invoice")).one()


def change(app: App, **values: object) -> None:
    with app.transaction() as session:
        row = session.get_one(Message, message(app).message_id)
        for name, value in values.items():
            setattr(row, name, value)


def test_a_report_in_the_folder_is_taken_in_by_a_sweep(app: App, tmp_path: Path) -> None:
    raw = sample("postfix_unknown_user").replace(TOKEN.encode(), message(app).header_id[1:25].encode())
    (tmp_path / "bounces" / "new" / "1").write_bytes(raw)
    sweep_once(app)
    assert message(app).state is MessageState.BOUNCED
    assert (tmp_path / "bounces" / "done" / "1").is_file()


def test_the_relay_log_is_followed_by_a_sweep(app: App, tmp_path: Path) -> None:
    change(app, state=MessageState.UNKNOWN)
    head = "2026-03-17T01:00:00Z mx postfix"
    (tmp_path / "mail.log").write_text(
        f"{head}/cleanup[1]: 4ABCDE: message-id={message(app).header_id}\n"
        f"{head}/qmgr[1]: 4ABCDE: from=<a@b.example>, size=1, nrcpt=1 (queue active)\n"
    )
    sweep_once(app)
    assert message(app).state is MessageState.SENT


def erased(app: App) -> int:
    with app.reading() as session:
        return len(session.scalars(select(Blob).where(Blob.erased_at.is_not(None))).all())


def test_retention_runs_at_most_once_an_hour(app: App) -> None:
    assert erased(app) == 0
    with app.transaction() as session:
        for blob in session.scalars(select(Blob)):
            blob.created_at = app.now() - timedelta(days=3)
    change(app, settled_at=app.now() - timedelta(days=2))
    sweep_once(app)
    assert erased(app) == 0, "the sweep of the fixture was less than an hour ago"
    (app.settings.data_dir / "retention.json").unlink()
    sweep_once(app)
    assert erased(app) == 2


def test_a_chore_that_fails_stops_no_other(app: App, tmp_path: Path) -> None:
    (app.settings.data_dir / "relay_log.lock").mkdir()
    (app.settings.data_dir / "retention.json").unlink()
    (tmp_path / "mail.log").write_text("")
    (tmp_path / "bounces" / "new" / "1").write_bytes(b"nothing")
    maintenance.do(app)
    with app.reading() as session:
        assert session.scalars(select(Bounce.kind)).all() == ["unmatched"]
        assert session.scalars(select(Invoice.status)).all() == [InvoiceStatus.SENT]
    assert (app.settings.data_dir / "retention.json").is_file()
