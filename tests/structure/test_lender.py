"""A database that is lent again is as new."""

import pytest
from sqlalchemy import Engine, select, text

from paymail.db import make_engine, transaction
from paymail.models import Invoice
from paymail.services.sending.invoice_emails import send_invoice
from tests.factories import NOW, make_invoice
from tests.lender import Lender


def use(url: str) -> Engine:
    engine = make_engine(url)
    with transaction(engine) as session:
        assert session.scalars(select(Invoice)).all() == []
        make_invoice(session)
        assert send_invoice(session, invoice_id=502, actor="test", now=NOW).message_id == 1
    return engine


def test_a_database_that_is_lent_again_is_empty_and_counts_from_one(lender: Lender) -> None:
    urls = []
    for _ in range(2):
        with lender.lend() as url:
            use(url).dispose()
        urls.append(url)
    assert urls[0] == urls[1]


def test_a_database_that_somebody_still_writes_to_is_not_lent_again(lender: Lender) -> None:
    with lender.lend() as url:
        engine = use(url)
        left_open = engine.connect()
        left_open.execute(text("SELECT * FROM invoices FOR UPDATE"))
    with lender.lend() as other:
        assert other != url
    left_open.invalidate()
    left_open.close()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE invoices ADD COLUMN more TEXT",
        "ALTER TABLE invoices DROP COLUMN notes",
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP INDEX idx_invoices_payment_token",
    ],
)
def test_a_database_whose_shape_was_changed_is_not_lent_again(lender: Lender, change: str) -> None:
    with lender.lend() as url:
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(text(change))
        engine.dispose()
    with lender.lend() as other:
        assert other != url
