"""A database that fails for a moment just after the mail server has answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import MessageState
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
