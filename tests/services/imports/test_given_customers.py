"""A customer that a program puts while others write."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from paymail import db
from paymail.db import make_engine, take_turns
from paymail.services.core.contexts import Context
from paymail.services.core.customers import TURN
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports.given import GivenCustomer, put_customer
from tests.factories import NOW

SHORT = {"sqlite": "PRAGMA busy_timeout = 50", "postgresql": "SET lock_timeout = '50ms'"}
"""A lock is waited for but a moment."""


def test_a_customer_who_waited_too_long_for_a_lock_is_tried_again(database_url: str) -> None:
    engine = make_engine(database_url)
    impatient = make_engine(database_url)

    @event.listens_for(impatient, "connect")
    def _shorten(connection: Any, _record: object) -> None:
        connection.cursor().execute(SHORT[impatient.dialect.name])
        connection.commit()

    with db.transaction(engine) as session:
        issuer = ensure_issuer(
            session, name="Host Pty Ltd", email="b@host.example", tax_id="51 824 753 556", now=NOW
        )
        issuer_id = issuer.issuer_id
    tries: list[int] = []
    with ExitStack() as held:
        other = held.enter_context(db.transaction(engine))
        other.connection()  # where nobody takes turns, who has begun keeps the others out
        take_turns(other, TURN)

        @contextmanager
        def transaction() -> Iterator[Session]:
            tries.append(len(tries))
            if len(tries) > 2:
                held.close()
            with db.transaction(impatient) as session:
                yield session

        given = GivenCustomer("C-1", "Acme", "a@acme.example")
        context = Context(transaction, lambda: NOW)
        assert put_customer(context, given=given, issuer_id=issuer_id, actor="host").what == "created"
    assert len(tries) == 3
    engine.dispose()
    impatient.dispose()
