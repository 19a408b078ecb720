"""What PostgreSQL reads from an index of an expression: statements are written as the index is."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from paymail.services.imports.given import next_number
from paymail.services.lists import invoice_pages
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.invoice_pages import Order, Sorting
from tests.factories import NOW, make_invoice


def by_balance(session: Session, **more: int) -> None:
    sorting = Sorting(Order.BALANCE, down=True)
    invoice_pages.page(session, wanted=InvoiceFilter(), now=NOW, sorting=sorting, **more)  # type: ignore[arg-type]


ASKED: dict[str, tuple[str, Callable[[Session], object]]] = {
    "by balance": ("ix_invoices_balance", by_balance),
    "by balance, further on": ("ix_invoices_balance", lambda session: by_balance(session, after=1)),
    "next number": ("ix_invoices_counted", lambda session: next_number(session, issuer_id=1)),
}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", ASKED)
def test_what_comes_first_is_read_from_its_index_without_a_sort(engine: Engine, name: str) -> None:
    index, ask = ASKED[name]
    with Session(engine) as session:
        make_invoice(session, invoice_id=1)
        connection = session.connection()
        heard: list[tuple[str, object]] = []
        event.listen(connection, "before_cursor_execute", lambda *given: heard.append((given[2], given[3])))
        ask(session)
        statement, parameters = next(one for one in reversed(heard) if "ORDER BY" in one[0])
        # Whatever the statistics of one row say: the index of the expression alone needs none of these.
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort", "hashjoin", "mergejoin"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())  # type: ignore[arg-type]
        session.rollback()
    assert index in plan
    assert "Sort" not in plan
