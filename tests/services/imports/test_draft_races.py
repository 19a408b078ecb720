"""A draft that a person changes beside imports, mergers and erasures, which take their turn first."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import select

from paymail import db
from paymail.db import make_engine, take_turns
from paymail.models import Invoice
from paymail.services.core.customers import TURN
from paymail.services.imports.given import GivenInvoice, change_draft, create_draft, version_of
from tests.lender import Lender
from tests.services.blocked import wait_until_blocked
from tests.services.imports.import_story import ImportStory

HEAD = {
    "customer_name": "Beta",
    "customer_email": "ap@beta.example",
    "currency": "AUD",
    "issued_date": "2026-03-17",
    "due_date": "2026-03-31",
}
ITEM = {"description": "Cabling", "quantity": "1", "unit_price": "150", "line_tax_rate": "10"}


@pytest.fixture
def story(lender: Lender) -> Iterator[ImportStory]:
    with lender.lend() as url:
        engine = make_engine(url)
        yield ImportStory(engine)
        engine.dispose()


def test_a_change_waits_its_turn_before_it_locks_the_draft(story: ImportStory) -> None:
    given = GivenInvoice(HEAD, (ITEM,))
    made = create_draft(
        story.plain,
        reading=story.plain,
        given=given,
        issuer_id=story.issuer_id,
        actor="staff",
        key="0123456789",
    )
    draft = story.invoice(made.invoice_id or 0)

    def change() -> object:
        return change_draft(
            story.plain,
            reading=story.plain,
            invoice_id=draft.invoice_id,
            given=GivenInvoice(HEAD | {"invoice_id": draft.number, "notes": "Thanks"}, (ITEM,)),
            version=version_of(draft),
            actor="staff",
        )

    with ThreadPoolExecutor(1) as pool:
        with db.transaction(story.engine) as session:
            take_turns(session, TURN)  # as a merger does, which then locks the invoices
            late: Future[object] = pool.submit(change)
            wait_until_blocked(story.engine, late)
            mine = select(Invoice).where(Invoice.invoice_id == draft.invoice_id)
            session.scalars(mine.with_for_update(nowait=True)).one()  # raises if the change holds it by now
        late.result()
    assert story.invoice(draft.invoice_id).notes == "Thanks"
