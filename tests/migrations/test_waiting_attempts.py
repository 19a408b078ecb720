"""0009 can be taken back while a payment waits for its customer."""

from alembic import command
from sqlalchemy import Engine, text

from paymail.db import schema
from paymail.models import AttemptStatus
from tests.services.paying_customer import PayingCustomer


def test_a_payment_that_waits_is_an_open_one_to_the_code_before(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    intent = payer.gateway.await_customer(payer.start().id)
    payer.tell("payment_intent.requires_action", intent.id)
    assert payer.attempts()[0].status is AttemptStatus.WAITING
    command.downgrade(schema.config(engine), "0007")
    with engine.connect() as connection:
        assert list(connection.scalars(text("SELECT status FROM payment_attempts"))) == ["open"]
    schema.upgrade(engine)
    (attempt,) = payer.attempts()
    assert (attempt.status, attempt.waits_for, attempt.expires_at) == (AttemptStatus.OPEN, "", None)
