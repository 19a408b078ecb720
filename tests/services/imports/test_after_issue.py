"""What of an invoice may change after it was issued, and that a draft may change in all of it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from paymail.models import AttemptStatus, Invoice, InvoiceLine, InvoiceStatus, TimelineEvent
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Part
from paymail.services.reminders import planner
from paymail.services.sending import invoice_emails
from tests.factories import NOW
from tests.services.imports.host_files import Row
from tests.services.imports.host_story import DRAFT, LATER, PAID, VOID, HostStory

DOUBLE = {
    "subtotal": "150.00",
    "tax_amount": "15.00",
    "total": "165.00",
    "quantity": "2",
    "line_amount": "150.00",
}


@pytest.fixture
def story(engine: Engine) -> HostStory:
    return HostStory(engine)


def history_of(story: HostStory, kind: str = "updated") -> list[tuple[str, str]]:
    found = story.all(TimelineEvent)
    return [(one.actor, one.detail) for one in found if one.kind == kind]  # type: ignore[attr-defined]


def test_history_says_what_changed_from_what_to_what_and_by_whom(story: HostStory) -> None:
    story.bring({"purchase_order": "", "terms": "14 days"})
    report = story.bring(LATER | {"purchase_order": "PO 1", "terms": "30 days"})
    assert report.results[0].fields == ("due_date", "purchase_order", "terms")
    said = "due_date from 2026-03-31 to 2026-06-30; purchase_order from (none) to PO 1;"
    assert history_of(story) == [("test", f"{said} terms from 14 days to 30 days")]


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        (DOUBLE, ["line", "subtotal", "tax_amount", "total"]),
        ({"currency": "NZD"}, ["currency", "subtotal", "tax_amount", "total"]),
        ({"issued_date": "2026-03-02"}, ["issued_date"]),
        ({"description": "Support (March)"}, ["line"]),
    ],
)
def test_what_was_issued_is_not_rewritten_and_every_fault_says_what_to_do(
    story: HostStory, change: Row, columns: list[str]
) -> None:
    story.bring()
    report = story.bring(change | LATER)
    assert [fault.column for fault in report.faults] == columns
    assert all("void it and issue it again" in fault.reason for fault in report.faults)
    assert story.invoice().due_date == date(2026, 3, 31)
    assert (report.results[0].what, report.skipped) == ("refused", 1)


def test_the_link_lives_on_with_a_later_due_date_and_never_ends_sooner(story: HostStory) -> None:
    story.bring()
    before = story.invoice().payment_token_expires_at
    story.bring(LATER)
    after = story.invoice().payment_token_expires_at
    assert before is not None
    assert after is not None
    assert after > before + timedelta(days=80)
    story.bring()
    assert story.invoice().payment_token_expires_at == after


def test_reminders_follow_the_due_date(story: HostStory) -> None:
    story.bring()
    story.bring(LATER)
    invoice = story.invoice()
    assert invoice.next_reminder_at == NOW
    with story.transaction() as session:
        decided = planner.plan(session, invoice_id=7, now=NOW)
        invoice = session.get_one(Invoice, 7)
        assert decided is not None
        assert invoice.next_reminder_at is not None
        assert invoice.next_reminder_at.date() > date(2026, 6, 1)


def test_an_email_that_waits_says_the_new_date(story: HostStory) -> None:
    story.bring()
    with story.transaction() as session:
        invoice_emails.send_invoice(session, invoice_id=7, actor="t", now=NOW, at=NOW + timedelta(days=1))
    story.bring(LATER)
    # Whoever is writing it loses it, and it is written from what the invoice says then.
    (message,) = story.mails("invoice")
    assert (message.mime_sha256, message.fence) == (None, 1)


def test_the_parts_of_a_plan_keep_their_dates(story: HostStory) -> None:
    story.bring()
    parts = (Part(date(2026, 4, 1), 4000), Part(date(2026, 5, 1), 4250))
    with story.transaction() as session:
        agreement.agree(session, invoice_id=7, parts=parts, actor="amy", now=NOW)
    story.bring(LATER)
    invoice = story.invoice()
    assert invoice.due_date == date(2026, 6, 30)
    assert invoice.plan is not None
    assert [one.due_date for one in invoice.plan.instalments] == [part.due for part in parts]


def test_a_draft_is_rewritten_freely(story: HostStory) -> None:
    story.bring(DRAFT)
    assert story.bring(DRAFT | {"description": "Support (March)"}).faults == ()
    report = story.bring(DRAFT | DOUBLE | {"currency": "NZD", "issued_date": "2026-03-02"})
    assert report.faults == ()
    invoice = story.invoice()
    assert (invoice.total, invoice.currency, invoice.balance) == (16500, "NZD", 16500)
    (line,) = story.all(InvoiceLine)
    assert str(line.quantity) == "2"  # type: ignore[attr-defined]


def test_a_draft_is_rewritten_and_issued_and_paid_at_once(story: HostStory) -> None:
    story.bring(DRAFT)
    story.bring(DOUBLE | {"payment_status": "paid", "amount_paid": "165.00"})
    assert story.invoice().status is InvoiceStatus.SENT
    assert story.money() == ("paid", 16500, 0)


def test_a_draft_can_be_voided(story: HostStory) -> None:
    story.bring(DRAFT)
    story.bring(DRAFT | VOID)
    assert story.invoice().status is InvoiceStatus.VOID


def test_a_void_one_stays_void_and_its_money_is_seen(story: HostStory) -> None:
    story.bring()
    story.bring(VOID)
    report = story.bring(DOUBLE)
    assert (report.unchanged, report.faults, report.kept[0].column) == (1, (), "status")
    story.bring(PAID)
    assert story.invoice().status is InvoiceStatus.VOID
    assert story.invoice().amount_paid == 8250
    assert len(story.mails("notice")) == 1


def test_an_open_payment_goes_on_when_only_the_date_changes(story: HostStory) -> None:
    story.bring()
    story.start()
    story.bring(LATER)
    assert [attempt.status for attempt in story.attempts()] == [AttemptStatus.OPEN]
