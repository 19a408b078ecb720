"""0002 gives a token to every invoice that was there before, in batches, and can be stopped at any moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, event, text

from paymail.db import make_engine, schema, transaction
from paymail.db.schema import upgrade
from paymail.services.imports.invoice_check import HostInvoice
from tests.conftest import SAMPLE
from tests.factories import NOW
from tests.postgres import Cluster
from tests.services.imports.host_files import look


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at 0001 with the host's 502 invoices in it."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'old.db'}")
        yield from _at_0001(engine)
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    engine = make_engine(cluster.create("old"))
    yield from _at_0001(engine)
    cluster.drop("old")


def _at_0001(engine: Engine) -> Iterator[Engine]:
    upgrade(engine, "0001")
    hosts, _faults = look(SAMPLE.read_bytes())
    with transaction(engine) as session:
        session.execute(
            text(
                "INSERT INTO issuers (name, tax_id, tax_name, address, email, reply_to, currency, locale,"
                " timezone, stripe_account, last_receipt, created_at) VALUES"
                " ('H', '', 'GST', '', 'a@b.example', '', 'AUD', 'en-AU', 'Australia/Sydney', '', 0, :now)"
            ),
            {"now": NOW.replace(tzinfo=None) if engine.dialect.name == "sqlite" else NOW},
        )
        for host in hosts:
            _insert(session.connection(), host)
    yield engine
    engine.dispose()


def _insert(connection: object, host: HostInvoice) -> None:
    values = {
        "id": int(host.number),
        "name": f"{host.customer_name} {host.number}",
        "email": host.customer_email,
        "currency": host.currency,
        "subtotal": host.subtotal,
        "rate": str(host.tax_rate),
        "tax": host.tax,
        "total": host.total,
        "paid": host.paid,
        "issued": host.issued,
        "due": host.due,
        "status": host.status.value,
        "payment": host.payment_status.value,
        "now": NOW,
    }
    connection.execute(  # type: ignore[attr-defined]
        text(
            "INSERT INTO customers"
            " (customer_id, issuer_id, name, email, address, locale, reminders_off, created_at)"
            " VALUES (:id, 1, :name, :email, '', '', FALSE, :now)"
        ),
        values,
    )
    connection.execute(  # type: ignore[attr-defined]
        text(
            "INSERT INTO invoices (invoice_id, number, issuer_id, customer_id, currency, subtotal, tax_rate,"
            " tax_amount, total, amount_paid, issued_date, due_date, status, payment_status, import_digest,"
            " notes, created_at, updated_at) VALUES (:id, CAST(:id AS VARCHAR), 1, :id, :currency, :subtotal,"
            " :rate, :tax, :total, :paid, :issued, :due, :status, :payment, '', '', :now, :now)"
        ),
        values,
    )


def tokens(engine: Engine) -> dict[int, str | None]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT invoice_id, payment_token FROM invoices"))
        return {row.invoice_id: row.payment_token for row in rows}


def small_batches(engine: Engine, size: int = 50) -> None:
    config = schema.config(engine)
    config.attributes["backfill_batch"] = size
    command.upgrade(config, "0002")


def sound(found: dict[int, str | None]) -> bool:
    values = [token for token in found.values() if token is not None]
    return len(values) == len(set(values)) == 502 and all(
        len(token) == 64 and set(token) <= set("0123456789abcdef") for token in values
    )


def test_every_old_invoice_gets_its_own_token(old: Engine) -> None:
    upgrade(old, "0002")
    assert sound(tokens(old))


def test_a_stopped_backfill_goes_on_where_it_was(old: Engine) -> None:
    updates = []

    def stop_in_the_fifth_batch(*arguments: object) -> None:
        statement = str(arguments[2])
        if statement.startswith("UPDATE invoices SET payment_token"):
            updates.append(statement)
            if len(updates) == 5:
                raise RuntimeError("stopped")

    event.listen(old, "before_cursor_execute", stop_in_the_fifth_batch)
    with pytest.raises(RuntimeError, match="stopped"):
        small_batches(old)
    event.remove(old, "before_cursor_execute", stop_in_the_fifth_batch)
    old.dispose()
    first = {number: token for number, token in tokens(old).items() if token}
    assert len(first) == 200
    upgrade(old, "head")
    assert sound(tokens(old))
    assert first.items() <= tokens(old).items()


def test_the_schema_is_the_seeds(old: Engine) -> None:
    upgrade(old, "head")
    with old.connect() as connection:
        if old.dialect.name == "postgresql":
            index = connection.scalar(
                text("SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_invoices_payment_token'")
            )
            length = connection.scalar(
                text(
                    "SELECT character_maximum_length FROM information_schema.columns"
                    " WHERE table_name = 'invoices' AND column_name = 'payment_token'"
                )
            )
            assert length == 64
        else:
            index = connection.scalar(
                text("SELECT sql FROM sqlite_master WHERE name = 'idx_invoices_payment_token'")
            )
    assert "payment_token" in str(index)
    assert "IS NOT NULL" in str(index)


def test_a_token_cannot_be_given_twice(old: Engine) -> None:
    upgrade(old, "head")
    with pytest.raises(Exception, match=r"(?i)unique"), old.begin() as connection:
        connection.execute(
            text("UPDATE invoices SET payment_token = :t WHERE invoice_id < 3"), {"t": "a" * 64}
        )


def test_the_way_back_and_forth_works(old: Engine) -> None:
    upgrade(old, "0002")
    command.downgrade(schema.config(old), "0001")
    upgrade(old, "0002")
    assert sound(tokens(old))
