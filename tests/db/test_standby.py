"""After a fail-over: the server that paymail is connected to takes no more writes."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from paymail.db import make_engine, reading, transaction
from paymail.models import Issuer
from paymail.services.core.issuers import ensure_issuer
from tests.factories import NOW
from tests.lender import Lender


def test_a_connection_to_a_server_that_became_a_standby_is_not_used_again(lender: Lender) -> None:
    with lender.lend() as url:
        engine = make_engine(url, pool_size=1)
        with engine.begin() as connection:
            # What a write is answered by a standby, from this connection on.
            connection.execute(text("SET SESSION default_transaction_read_only = on"))
        with pytest.raises(DBAPIError) as refused, transaction(engine) as session:
            ensure_issuer(session, name="Acme", email="a@acme.example", now=NOW)
        assert refused.value.connection_invalidated
        with transaction(engine) as session:
            ensure_issuer(session, name="Acme", email="a@acme.example", now=NOW)
        with reading(engine) as session:
            assert session.scalar(select(func.count()).select_from(Issuer)) == 1
        engine.dispose()
