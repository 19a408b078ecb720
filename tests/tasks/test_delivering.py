"""One loop of a process delivers: who rings while it is busy does not wait, and nothing waits for a sweep."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from paymail.models import Message, MessageState
from paymail.ports.mail import Envelope, Handover, Outcome
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.tasks.delivering import Delivering
from paymail.wiring import App, build
from tests.factories import PlainWriter, ScriptedMailer, make_invoice


@dataclass
class Acting(ScriptedMailer):
    """Does something once, while it has an email in hand."""

    act: Callable[[], object] = lambda: None

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        act, self.act = self.act, lambda: None
        act()
        return super().deliver(envelope, handover)


@pytest.fixture
def mailer() -> Acting:
    return Acting()


@pytest.fixture
def app(settings: Settings, mailer: Acting) -> Iterator[App]:
    found = replace(build(settings), writer=PlainWriter(), mailer=mailer)
    with found.transaction() as session:
        for number in range(1, 5):
            make_invoice(session, invoice_id=number, name=f"Customer {number}")
    yield found
    found.close()


def send(app: App, number: int) -> int:
    with app.transaction() as session:
        return send_invoice(session, invoice_id=number, actor="test", now=app.now()).message_id


def states(app: App) -> list[MessageState]:
    with app.reading() as session:
        return list(session.scalars(select(Message.state).order_by(Message.message_id)))


def test_who_rings_while_it_is_busy_returns_at_once_and_the_message_goes_next(
    app: App, mailer: Acting
) -> None:
    delivering = Delivering(app)
    seen: list[list[MessageState]] = []

    def ring() -> None:
        delivering.deliver(send(app, 2))
        seen.append(states(app))

    mailer.act = ring
    delivering.deliver(send(app, 1))
    assert seen == [[MessageState.SENDING, MessageState.SCHEDULED]]
    assert states(app) == [MessageState.SENT] * 2


def test_a_process_that_stops_ends_the_present_email_and_gives_the_others_back(
    app: App, mailer: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paymail.tasks.delivering.PATIENCE", 0.0)  # it is stopped from within its own email
    delivering = Delivering(app)
    for number in range(1, 4):
        send(app, number)
    mailer.act = delivering.stop
    delivering.sweep()
    assert states(app) == [MessageState.SENT, MessageState.SCHEDULED, MessageState.SCHEDULED]
    delivering.deliver(send(app, 4))
    assert len(mailer.delivered) == 1
