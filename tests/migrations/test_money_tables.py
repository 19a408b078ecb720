"""0004 can be taken back with money in it."""

from alembic import command
from sqlalchemy import Engine, text

from paymail.db import schema
from paymail.services.ledger import open_intent
from tests.services.paying_customer import PayingCustomer


def test_an_intent_that_is_being_withdrawn_is_an_open_one_to_the_code_before(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.start()
    with payer.transaction() as session:
        open_intent.mark_for_cancellation(session, invoice_id=502, now=payer.now)
    command.downgrade(schema.config(engine), "0003")
    with engine.connect() as connection:
        assert list(connection.scalars(text("SELECT status FROM payment_attempts"))) == ["open"]
    schema.upgrade(engine)
    assert payer.attempts()[0].status == "open"
