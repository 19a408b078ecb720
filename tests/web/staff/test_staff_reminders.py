"""The reminders block of an invoice's page."""

from datetime import UTC, datetime

import pytest

from paymail.models import Customer, Invoice, InvoiceStatus, MessageState
from paymail.services.reminders import holds
from tests.web.conftest import Biller


@pytest.fixture
def owed(biller: Biller) -> Biller:
    """An invoice due on Friday, 20 March 2026."""
    biller.site.invoice(due_in=3, reminders=True)
    return biller


def invoice(biller: Biller) -> Invoice:
    with biller.site.app.reading() as session:
        return session.get_one(Invoice, 502)


def test_the_next_reminder_and_the_fate_of_each_step_are_shown_in_local_time(owed: Biller) -> None:
    page = owed.get("/invoices/502")
    assert "Next: a reminder, <time" in page
    assert "Fri 20 Mar, 9:00 am" in page
    for tone in ("upcoming", "due", "friendly", "firm", "final"):
        assert f">{tone.capitalize()}<span" in page


def test_a_step_that_was_sent_links_to_its_message(owed: Biller) -> None:
    owed.go(datetime(2026, 3, 19, 22, 5, tzinfo=UTC))
    owed.site.sweep()
    (message,) = owed.messages()
    assert (message.kind, message.step) == ("reminder", "0")
    assert f'sent <a class="in" href="/staff/messages/{message.message_id}">' in owed.get("/invoices/502")


def test_a_promise_holds_to_the_end_of_its_day_and_is_released(owed: Biller) -> None:
    for _ in range(2):  # a double click
        page = owed.post("/invoices/502/hold", reason="promised", until="2026-03-25", note="after the fair")
    assert page.count("Reminders held") == 1
    assert "after the fair" in page
    assert "until <time" in page
    with owed.site.app.reading() as session:
        (hold,) = holds.in_force(session, invoice_ids=[502], now=owed.clock)
    assert (hold.until, hold.placed_by) == (datetime(2026, 3, 25, 13, 0, tzinfo=UTC), "staff@paymail.example")
    for _ in range(2):  # a double click
        page = owed.post("/invoices/502/release", reason="promised")
    assert "<h3>On hold</h3>" not in page
    assert page.count("Reminders released") == 1


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"reason": "promised", "until": "2026-03-01"}, "the end of the hold must be in the future"),
        ({"reason": "promised", "until": "soon"}, "is not a date"),
        ({"reason": "promised", "until": "9999-12-31"}, "check for a typo"),
        ({"reason": "whim", "until": ""}, "is not a reason"),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused_and_kept_in_the_form(
    owed: Biller, form: dict[str, str], reason: str
) -> None:
    page = owed.post("/invoices/502/hold", 422, note="typed <b>at length</b>", **form)
    assert reason in page
    assert 'value="typed &lt;b&gt;at length&lt;/b&gt;"' in page
    assert '<details class="act" open><summary>Hold reminders' in page


def test_whoever_says_no_reason_for_a_hold_does_not_say_that_the_customer_promised(owed: Biller) -> None:
    page = owed.get("/invoices/502")
    assert '<option value="staff" selected>We decided so</option>' in page
    assert '<option value="bounced"' not in page
    assert "<b>We decided so</b> until released" in owed.post("/invoices/502/hold")


def test_a_double_click_on_remind_now_is_one_reminder(owed: Biller) -> None:
    for _ in range(2):
        owed.post("/invoices/502/remind", sequence=1)
    assert [(m.kind, m.tone, m.step) for m in owed.messages()] == [("reminder", "upcoming", "hand")]
    owed.site.sweep()
    owed.post("/invoices/502/remind", sequence=2)
    assert [m.tone for m in owed.messages()] == ["upcoming", "upcoming"]


def test_a_reminder_is_refused_with_the_reason(owed: Biller) -> None:
    assert "is not a tone" in owed.post("/invoices/502/remind", 422, sequence=1, tone="furious")
    owed.site.change(status=InvoiceStatus.VOID)
    assert "the invoice is void" in owed.post("/invoices/502/remind", 409, sequence=1)
    assert owed.messages() == []


def test_reminders_are_switched_off_and_overridden_for_an_invoice(owed: Biller) -> None:
    page = owed.post("/invoices/502/reminders", reminders="off", ladder="10:firm, 1:due")
    assert (invoice(owed).reminders_off, invoice(owed).ladder) == (True, "1:due, 10:firm")
    assert "For this invoice: off, with its own steps" in page
    owed.go(datetime(2026, 3, 22, 22, 5, tzinfo=UTC))
    owed.site.sweep()
    assert owed.messages() == []
    owed.post("/invoices/502/reminders", reminders="on", ladder="")
    assert (invoice(owed).reminders_off, invoice(owed).ladder) == (False, "")


def test_reminders_are_switched_off_and_overridden_for_a_customer(owed: Biller) -> None:
    page = owed.post("/invoices/502/customer-reminders", reminders="off", ladder="5:final")
    with owed.site.app.reading() as session:
        customer = session.get_one(Customer, invoice(owed).customer_id)
    assert (customer.reminders_off, customer.ladder) == (True, "5:final")
    assert "For this customer: off" in page


@pytest.mark.parametrize("path", ["reminders", "customer-reminders"])
def test_a_ladder_that_cannot_be_read_is_refused_and_kept_in_the_form(owed: Biller, path: str) -> None:
    page = owed.post(f"/invoices/502/{path}", 422, reminders="on", ladder="7:shouting")
    assert "is not a tone" in page
    assert 'value="7:shouting"' in page
    assert "on or off" in owed.post(f"/invoices/502/{path}", 422, reminders="perhaps")
    assert invoice(owed).ladder == ""


def test_a_scheduled_reminder_is_sent_once_through_the_whole_page(owed: Biller) -> None:
    owed.post("/invoices/502/remind", sequence=1)
    owed.site.sweep()
    owed.post("/invoices/502/remind", sequence=1)  # the back button, and again
    assert [m.state for m in owed.messages()] == [MessageState.SENT]
