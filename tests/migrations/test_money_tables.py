"""0004 can be taken back with money in it."""

from alembic import command
from sqlalchemy import Engine, text

from paymail.db import schema
from paymail.services.ledger import open_intent
from tests.services.till import Till


def test_an_intent_that_is_being_withdrawn_is_an_open_one_to_the_code_before(engine: Engine) -> None:
    till = Till(engine)
    till.start()
    with till.transaction() as session:
        open_intent.mark_for_cancellation(session, invoice_id=502, now=till.now)
    command.downgrade(schema.config(engine), "0003")
    with engine.connect() as connection:
        assert list(connection.scalars(text("SELECT status FROM payment_attempts"))) == ["open"]
    schema.upgrade(engine)
    assert till.attempts()[0].status == "open"
