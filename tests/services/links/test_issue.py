"""A draft is issued once: it is owed from then on, its link lives, and a void one stays void."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Invoice, InvoiceStatus, TimelineEvent
from paymail.models.moves import IllegalMove
from paymail.services.links.issue import issue
from paymail.services.links.pay_links import AFTER_SENDING
from tests.factories import NOW, make_invoice


def test_a_draft_is_issued_once_and_its_history_says_by_whom(engine: Engine) -> None:
    later = NOW + timedelta(days=200)
    with db.transaction(engine) as session:
        make_invoice(session, status=InvoiceStatus.DRAFT).payment_token_expires_at = NOW
    for fresh in (True, False):
        with db.transaction(engine) as session:
            assert issue(session, invoice_id=502, actor="vera", now=later) is fresh
    with db.reading(engine) as session:
        found = session.get_one(Invoice, 502)
        events = session.scalars(select(TimelineEvent).where(TimelineEvent.invoice_id == 502)).all()
    assert (found.status, found.reminders_from, found.next_reminder_at) == (InvoiceStatus.SENT, later, later)
    assert found.payment_token_expires_at == later + AFTER_SENDING, "a link that ended while it was a draft"
    assert [(event.kind, event.actor) for event in events] == [("issued", "vera")]


def test_a_void_invoice_is_not_issued(engine: Engine) -> None:
    with db.transaction(engine) as session:
        make_invoice(session, status=InvoiceStatus.VOID)
    with pytest.raises(IllegalMove), db.transaction(engine) as session:
        issue(session, invoice_id=502, actor="vera", now=NOW)
