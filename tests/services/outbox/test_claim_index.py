"""A claim goes along one index, in its order: what is due is not sorted, however much it is."""

from sqlalchemy import Connection, Engine, event, text

from paymail.services.outbox import queue
from tests.services.emailed_invoice import EmailedInvoice


def claims(emailed: EmailedInvoice) -> list[tuple[str, object]]:
    """Return the statements by which an empty queue is looked through, with their parameters."""
    heard: list[tuple[str, object]] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, *_more: object
    ) -> None:
        heard.append((statement, parameters))

    event.listen(emailed.engine, "before_cursor_execute", note)
    emailed.change(lambda s: queue.claim(s, now=emailed.clock, lease=emailed.context.lease, limit=20))
    event.remove(emailed.engine, "before_cursor_execute", note)
    return [one for one in heard if "UPDATE messages" in one[0]]


def plan(engine: Engine, statement: str, parameters: object) -> str:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return _on_server(connection, statement, parameters)
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row[-1] for row in rows)


def _on_server(connection: Connection, statement: str, parameters: object) -> str:
    # Whatever the statistics of an empty table say: neither a scan of all rows nor a sort is wanted.
    for way in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
        connection.execute(text(f"SET {way} = off"))
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())


def test_what_is_due_is_found_in_the_order_of_an_index(emailed: EmailedInvoice) -> None:
    vanished, urgent, ordinary = (plan(emailed.engine, *one) for one in claims(emailed))
    assert "ix_messages_out" in vanished
    for found in (urgent, ordinary):
        assert "ix_messages_scheduled" in found
        assert "Sort" not in found
        assert "TEMP B-TREE FOR ORDER BY" not in found
