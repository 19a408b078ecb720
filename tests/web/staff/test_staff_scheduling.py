"""Sending now, at a local time or next business morning; moving and cancelling; the list of messages."""

from datetime import UTC, datetime

import pytest

from paymail.models import Issuer, MessageState
from paymail.services.core.history import history
from tests.web.conftest import Biller

MORNING = datetime(2026, 3, 17, 22, 0, tzinfo=UTC)


def queue(biller: Biller, **form: object) -> str:
    biller.site.invoice()
    return biller.post("/invoices/502/send", sequence=1, **form)


def test_next_business_morning_is_the_issuers_and_is_shown_on_their_clock(biller: Biller) -> None:
    page = queue(biller, when="morning")
    (message,) = biller.messages()
    assert message.next_at == MORNING
    assert "Wed 18 Mar, 9:00 am" in page
    assert "Australia/Sydney" in page


def test_a_local_time_is_the_issuers(biller: Biller) -> None:
    queue(biller, when="at", at="2026-04-06T09:30")  # a day after daylight saving time has ended
    assert biller.messages()[0].next_at == datetime(2026, 4, 5, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"when": "at"}, "enter a time"),
        ({"when": "at", "at": "2026-03-16T09:00"}, "is in the past"),
        ({"when": "at", "at": "yesterday"}, "is not a time"),
        ({"when": "at", "at": "9999-12-31T23:59"}, "more than two years away"),
        ({"when": "at", "at": "0001-01-01T00:00"}, "is out of range"),
        ({"when": "now", "at": "2026-04-06T09:30"}, "chose another option"),
        ({"when": "someday"}, "is not an option"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_and_kept_in_the_form(
    biller: Biller, form: dict[str, str], reason: str
) -> None:
    biller.site.invoice()
    page = biller.post("/invoices/502/send", 422, sequence=1, **form)
    assert reason in page
    assert f'value="{form.get("at", "")}"' in page
    assert biller.messages() == []


def test_a_broken_calendar_still_shows_the_page_and_says_why(biller: Biller) -> None:
    biller.site.invoice()
    with biller.site.app.transaction() as session:
        session.get_one(Issuer, 1).timezone = "Mars/Olympus"
    assert "not a time zone" in biller.get("/invoices/502")
    assert "not a time zone" in biller.post("/invoices/502/send", 422, sequence=1, when="morning")


def test_a_double_click_queues_one_email_at_its_time(biller: Biller) -> None:
    biller.site.invoice()
    for _ in range(2):
        biller.post("/invoices/502/send", sequence=1, when="morning")
    assert [message.next_at for message in biller.messages()] == [MORNING]


def test_a_message_is_moved_to_the_morning_to_a_time_and_to_now(biller: Biller) -> None:
    queue(biller, when="morning")
    assert "Thu 19 Mar 2026, 10:15 AEDT" in biller.post(
        "/messages/1/reschedule", when="at", at="2026-03-19T10:15"
    )
    for _ in range(2):  # a double click
        biller.post("/messages/1/reschedule", when="morning")
    assert biller.messages()[0].next_at == MORNING
    biller.post("/messages/1/reschedule", when="now")
    biller.site.sweep()
    assert biller.messages()[0].state is MessageState.SENT
    with biller.site.app.reading() as session:
        events = history(session, invoice_id=502)
    assert [event.kind for event in events].count("email_rescheduled") == 3


def test_reschedule_pressed_without_a_choice_sends_nothing(biller: Biller) -> None:
    queue(biller, when="morning")
    page = biller.get("/messages/1")
    assert 'value="at" checked' in page
    assert "enter a time" in biller.post("/messages/1/reschedule", 422, when="at", at="")
    assert biller.messages()[0].next_at == MORNING


def test_the_history_is_told_on_the_issuers_clock(biller: Biller) -> None:
    page = queue(biller, when="morning")
    assert "invoice email, due Wed 18 Mar 2026, 09:00 AEDT" in page
    assert "+00:00" not in page


def test_what_was_sent_can_neither_be_moved_nor_cancelled(biller: Biller) -> None:
    queue(biller)
    biller.site.sweep()
    assert "can no longer be rescheduled" in biller.post("/messages/1/reschedule", 409, when="now")
    assert "can no longer be cancelled" in biller.post("/messages/1/cancel", 409)
    assert "Reschedule" not in biller.get("/messages/1")


def test_a_refused_move_keeps_what_was_typed(biller: Biller) -> None:
    queue(biller, when="morning")
    page = biller.post("/messages/1/reschedule", 422, when="at", at="2020-01-01T09:00")
    assert "is in the past" in page
    assert 'value="2020-01-01T09:00"' in page
    assert biller.messages()[0].next_at == MORNING


@pytest.mark.parametrize(
    "path",
    [
        "/invoices/502/send", "/messages/1/reschedule", "/messages/1/cancel", "/invoices/502/hold",
        "/invoices/502/release", "/invoices/502/remind", "/invoices/502/reminders",
        "/invoices/502/customer-reminders", "/bulk", "/bulk/1/pause", "/bulk/1/failed-again", "/reminders",
    ],
)  # fmt: skip
def test_no_change_is_made_for_a_form_from_elsewhere(biller: Biller, path: str) -> None:
    queue(biller, when="morning")
    biller.csrf = "forged"
    form = {"sequence": "2", "request_key": "0123456789", "payment_status": "unpaid", "when": "now"}
    assert biller.site.client.post(f"/staff{path}", data={"csrf": "forged", **form}).status_code == 403
    (message,) = biller.messages()
    assert (message.state, message.next_at) == (MessageState.SCHEDULED, MORNING)


def test_messages_are_found_by_state_kind_and_recipient(biller: Biller) -> None:
    for number in (501, 502):
        biller.site.invoice(number)
        biller.post(f"/invoices/{number}/send", sequence=1, when="morning")
    biller.post("/messages/1/cancel")
    assert links(biller.get("/messages?state=cancelled")) == {"1"}
    assert links(biller.get("/messages?state=scheduled&kind=invoice")) == {"2"}
    assert links(biller.get("/messages?find=C501@")) == {"1"}
    assert links(biller.get("/messages?kind=reminder")) == set()
    assert links(biller.get("/messages?invoice=502")) == {"2"}
    assert links(biller.get("/messages?state=nonsense&find=%00%25")) == set()


def test_long_lists_are_paged(biller: Biller) -> None:
    biller.site.invoice()
    for sequence in range(1, 53):
        biller.post("/invoices/502/send", sequence=sequence, when="morning")
    first = biller.get("/messages?kind=invoice")
    assert "52 emails, page 1 of 2" in first
    assert "kind=invoice&amp;page=2" in first
    assert links(biller.get("/messages?kind=invoice&page=2")) == {"1", "2"}
    assert "Showing the newest 50 of 52" in biller.get("/invoices/502")


def links(page: str) -> set[str]:
    return {part.partition('"')[0] for part in page.split('rowheader"><a href="/staff/messages/')[1:]}
