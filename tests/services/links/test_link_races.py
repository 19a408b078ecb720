"""A link that is replaced while a worker writes an email with the old one: neither stops the other."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import event

from paymail import db
from paymail.db import make_engine
from paymail.models import MessageState
from paymail.services.delivery import deliveries
from paymail.services.links import pay_links
from tests.lender import Lender
from tests.services.blocked import wait_until_blocked
from tests.services.emailed_invoice import EmailedInvoice


@pytest.fixture
def written(lender: Lender) -> Iterator[EmailedInvoice]:
    with lender.lend() as url:
        engine = make_engine(url)
        yield EmailedInvoice(engine)
        engine.dispose()


def test_a_link_is_replaced_while_the_first_pdf_is_being_kept(written: EmailedInvoice) -> None:
    def replace() -> None:
        with db.transaction(written.engine) as session:
            pay_links.regenerate(session, invoice_id=502, actor="vera", now=written.clock)

    begun: list[Future[object]] = []
    with ThreadPoolExecutor(1) as pool:

        def meet(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("INSERT INTO issued_documents") and not begun:
                begun.append(pool.submit(replace))
                wait_until_blocked(written.engine, begun[0])

        event.listen(written.engine, "after_cursor_execute", meet)
        written.send()
        deliveries.sweep(written.context)
        begun[0].result()
    assert {message.state for message in written.messages()} == {MessageState.SENT}
    assert len(written.mailer.delivered) == 1
