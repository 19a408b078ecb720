"""What a delivered email costs in the database when twenty are due. The numbers may only fall."""

from collections import Counter

import pytest
from sqlalchemy import event

from paymail.models import MessageState
from paymail.services.delivery import deliveries
from paymail.services.reminders import by_hand
from tests.services.emailed_invoice import EmailedInvoice

BATCH = range(503, 503 + deliveries.AT_ONCE)


def cost(emailed: EmailedInvoice) -> tuple[float, float]:
    """Deliver all that is due; return statements and commits, for one email."""
    counts: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        counts["statements"] += not statement.startswith("BEGIN")

    def note_commit(_connection: object) -> None:
        counts["commits"] += 1

    event.listen(emailed.engine, "before_cursor_execute", note)
    event.listen(emailed.engine, "commit", note_commit)
    deliveries.sweep(emailed.context, limit=deliveries.AT_ONCE)
    event.remove(emailed.engine, "before_cursor_execute", note)
    event.remove(emailed.engine, "commit", note_commit)
    assert len(emailed.mailer.delivered) == deliveries.AT_ONCE
    return counts["statements"] / deliveries.AT_ONCE, counts["commits"] / deliveries.AT_ONCE


@pytest.fixture
def many(emailed: EmailedInvoice) -> EmailedInvoice:
    for number in BATCH:
        emailed.add_invoice(number, email=f"c{number}@buyer.example")
    return emailed


def test_an_invoice_email_of_a_batch_costs_seven_statements_and_a_commit(many: EmailedInvoice) -> None:
    for number in BATCH:
        many.send_one(number)
    statements, commits = cost(many)
    assert statements <= 6.85
    assert commits <= 1.25  # claiming, reading, keeping and the end of the last one are the batch's
    assert {message.state for message in many.messages()} == {MessageState.SENT}


def test_a_reminder_of_a_batch_costs_twelve_statements_and_a_commit(many: EmailedInvoice) -> None:
    for number in BATCH:
        many.change(lambda s, n=number: by_hand.remind_by_hand(s, invoice_id=n, actor="x", now=many.clock))  # type: ignore[misc]
    statements, commits = cost(many)
    assert statements <= 12.05
    assert commits <= 1.3
