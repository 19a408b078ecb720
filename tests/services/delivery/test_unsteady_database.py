"""A database that fails for a moment just after the mail server has answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import DeliveryAttempt, MessageState
from paymail.ports.mail import Envelope, Handover, Outcome
from paymail.services.delivery import deliveries
from tests.factories import ScriptedMailer
from tests.services.emailed_invoice import EmailedInvoice


class Unsteady(ScriptedMailer):
    """Makes the next `failures` transactions fail once a message was handed over."""

    failures = 0

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        outcome = super().deliver(envelope, handover)
        self.failures = 3
        return outcome


def test_an_answer_is_not_forgotten_because_the_database_failed_for_a_moment(emailed: EmailedInvoice) -> None:
    mailer, pauses = Unsteady(), list[float]()

    @contextmanager
    def transaction() -> Iterator[Session]:
        with db.transaction(emailed.engine) as session:
            yield session
            if mailer.failures:
                mailer.failures -= 1
                raise OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    emailed.send()
    post = replace(emailed.context, transaction=transaction, mailer=mailer, pause=pauses.append)
    deliveries.deliver(post)
    assert emailed.message().state is MessageState.SENT
    assert len(pauses) == 3


def test_a_database_that_stays_away_leaves_the_message_to_its_lease(emailed: EmailedInvoice) -> None:
    @contextmanager
    def transaction() -> Iterator[Session]:
        with db.transaction(emailed.engine) as session:
            yield session
            if emailed.mailer.delivered:
                raise OperationalError("COMMIT", {}, Exception("gone"))

    emailed.send()
    post = replace(emailed.context, transaction=transaction, pause=lambda _seconds: None)
    with pytest.raises(OperationalError):
        deliveries.deliver(post)
    assert emailed.message().state is MessageState.HANDOVER


def test_a_commit_whose_answer_is_lost_is_recorded_once(emailed: EmailedInvoice) -> None:
    for number in (502, 503):
        if number != 502:
            emailed.add_invoice(number)
        emailed.send_one(number)
    lost: list[str] = []

    @contextmanager
    def transaction() -> Iterator[Session]:
        with db.transaction(emailed.engine) as session:
            yield session
        states = [one.state for one in emailed.messages()]
        if states == [MessageState.SENT, MessageState.HANDOVER] and not lost:
            lost.append("the end of the first and the handover of the second are committed")
            raise OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    deliveries.sweep(replace(emailed.context, transaction=transaction))
    assert lost
    assert [one.state for one in emailed.messages()] == [MessageState.SENT, MessageState.SCHEDULED]
    assert emailed.timeline().count("email_sent") == 1
    with db.reading(emailed.engine) as session:
        tried = session.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.attempt_id)).all()
    assert [one.verdict for one in tried] == ["sent", "deferred"]
