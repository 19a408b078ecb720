"""Tasks are translators: ids by keyword, one service call, and tolerant of a newer sender."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from paymail.models import Message, MessageState
from paymail.queue import celery_app
from paymail.render.letter_writer import LetterWriter
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.tasks import register
from paymail.wiring import TEMPLATES, App, build
from tests.factories import make_invoice


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    found = build(settings)
    register(found.celery, lambda: found, prefork=False)
    yield found
    found.close()


def queued(app: App) -> int:
    with app.transaction() as session:
        make_invoice(session)
        return send_invoice(session, invoice_id=502, actor="test", now=app.now()).message_id


def state(app: App) -> MessageState | None:
    with app.reading() as session:
        return session.scalar(select(Message.state))


def test_deliver_sends_its_message_and_ignores_what_it_does_not_know(app: App) -> None:
    app.celery.tasks[celery_app.DELIVER].apply(
        kwargs={"message_id": queued(app), "added_later": 1}, throw=True
    )
    assert state(app) is MessageState.SENT


def test_a_late_or_foreign_hint_does_nothing(app: App) -> None:
    message_id = queued(app)
    for _ in range(2):
        app.celery.tasks[celery_app.DELIVER].apply(kwargs={"message_id": message_id}, throw=True)
    app.celery.tasks[celery_app.DELIVER].apply(kwargs={"message_id": 99}, throw=True)
    app.celery.tasks[celery_app.WORK_EVENT].apply(kwargs={"event_id": "evt_unknown"}, throw=True)
    assert len(list(app.mailbox.glob("*.eml"))) == 1


def test_a_tick_sweeps(app: App) -> None:
    queued(app)
    app.celery.tasks[celery_app.TICK].apply(kwargs={"added_later": 1}, throw=True)
    assert state(app) is MessageState.SENT


def test_a_broken_template_fails_its_message_and_not_the_next(app: App, tmp_path: Path) -> None:
    broken = tmp_path / "templates"
    shutil.copytree(TEMPLATES, broken)
    (broken / "invoice" / "body.html").write_text("<!-- preheader ends -->{{ nothing_of_that_name }}")
    good = app.writer
    object.__setattr__(app, "writer", LetterWriter(broken, app.pdf))
    queued(app)
    app.celery.tasks[celery_app.TICK].apply(throw=True)
    with app.reading() as session:
        message = session.scalars(select(Message)).one()
        assert (message.state, "nothing_of_that_name" in message.reason) == (MessageState.FAILED, True)
    object.__setattr__(app, "writer", good)
    with app.transaction() as session:
        send_invoice(session, invoice_id=502, actor="test", now=app.now())
    app.celery.tasks[celery_app.TICK].apply(throw=True)
    assert len(list(app.mailbox.glob("*.eml"))) == 1
