"""Sending now, at a local time or next business morning; moving and cancelling; the list of messages."""

from datetime import UTC, datetime

import pytest

from paymail.models import Issuer, MessageState
from paymail.services.core.history import history
from tests.web.conftest import Desk

MORNING = datetime(2026, 3, 17, 22, 0, tzinfo=UTC)


def queue(desk: Desk, **form: object) -> str:
    desk.site.invoice()
    return desk.post("/invoices/502/send", sequence=1, **form)


def test_next_business_morning_is_the_issuers_and_is_shown_on_their_clock(desk: Desk) -> None:
    page = queue(desk, when="morning")
    (message,) = desk.messages()
    assert message.next_at == MORNING
    assert "Wed 18 Mar 2026, 09:00 AEDT" in page
    assert "Australia/Sydney" in page


def test_a_local_time_is_the_issuers(desk: Desk) -> None:
    queue(desk, when="at", at="2026-04-06T09:30")  # a day after daylight saving time has ended
    assert desk.messages()[0].next_at == datetime(2026, 4, 5, 23, 30, tzinfo=UTC)


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
    desk: Desk, form: dict[str, str], reason: str
) -> None:
    desk.site.invoice()
    page = desk.post("/invoices/502/send", 422, sequence=1, **form)
    assert reason in page
    assert f'value="{form.get("at", "")}"' in page
    assert desk.messages() == []


def test_a_broken_calendar_still_shows_the_page_and_says_why(desk: Desk) -> None:
    desk.site.invoice()
    with desk.site.app.transaction() as session:
        session.get_one(Issuer, 1).timezone = "Mars/Olympus"
    assert "not a time zone" in desk.get("/invoices/502")
    assert "not a time zone" in desk.post("/invoices/502/send", 422, sequence=1, when="morning")


def test_a_double_click_queues_one_email_at_its_time(desk: Desk) -> None:
    desk.site.invoice()
    for _ in range(2):
        desk.post("/invoices/502/send", sequence=1, when="morning")
    assert [message.next_at for message in desk.messages()] == [MORNING]


def test_a_message_is_moved_to_the_morning_to_a_time_and_to_now(desk: Desk) -> None:
    queue(desk, when="morning")
    assert "Thu 19 Mar 2026, 10:15 AEDT" in desk.post(
        "/messages/1/reschedule", when="at", at="2026-03-19T10:15"
    )
    for _ in range(2):  # a double click
        desk.post("/messages/1/reschedule", when="morning")
    assert desk.messages()[0].next_at == MORNING
    desk.post("/messages/1/reschedule", when="now")
    desk.site.sweep()
    assert desk.messages()[0].state is MessageState.SENT
    with desk.site.app.reading() as session:
        events = history(session, invoice_id=502)
    assert [event.kind for event in events].count("email_rescheduled") == 3


def test_reschedule_pressed_without_a_choice_sends_nothing(desk: Desk) -> None:
    queue(desk, when="morning")
    page = desk.get("/messages/1")
    assert 'value="at" checked' in page
    assert "enter a time" in desk.post("/messages/1/reschedule", 422, when="at", at="")
    assert desk.messages()[0].next_at == MORNING


def test_the_history_is_told_on_the_issuers_clock(desk: Desk) -> None:
    page = queue(desk, when="morning")
    assert "invoice email, due Wed 18 Mar 2026, 09:00 AEDT" in page
    assert "+00:00" not in page


def test_what_was_sent_can_neither_be_moved_nor_cancelled(desk: Desk) -> None:
    queue(desk)
    desk.site.sweep()
    assert "can no longer be rescheduled" in desk.post("/messages/1/reschedule", 409, when="now")
    assert "can no longer be cancelled" in desk.post("/messages/1/cancel", 409)
    assert "Reschedule" not in desk.get("/messages/1")


def test_a_refused_move_keeps_what_was_typed(desk: Desk) -> None:
    queue(desk, when="morning")
    page = desk.post("/messages/1/reschedule", 422, when="at", at="2020-01-01T09:00")
    assert "is in the past" in page
    assert 'value="2020-01-01T09:00"' in page
    assert desk.messages()[0].next_at == MORNING


@pytest.mark.parametrize(
    "path",
    [
        "/invoices/502/send", "/messages/1/reschedule", "/messages/1/cancel", "/invoices/502/hold",
        "/invoices/502/release", "/invoices/502/remind", "/invoices/502/reminders",
        "/invoices/502/customer-reminders", "/bulk", "/bulk/1/pause", "/bulk/1/failed-again", "/reminders",
    ],
)  # fmt: skip
def test_no_change_is_made_for_a_form_from_elsewhere(desk: Desk, path: str) -> None:
    queue(desk, when="morning")
    desk.csrf = "forged"
    form = {"sequence": "2", "request_key": "0123456789", "payment_status": "unpaid", "when": "now"}
    assert desk.site.client.post(f"/staff{path}", data={"csrf": "forged", **form}).status_code == 403
    (message,) = desk.messages()
    assert (message.state, message.next_at) == (MessageState.SCHEDULED, MORNING)


def test_messages_are_found_by_state_kind_and_recipient(desk: Desk) -> None:
    for number in (501, 502):
        desk.site.invoice(number)
        desk.post(f"/invoices/{number}/send", sequence=1, when="morning")
    desk.post("/messages/1/cancel")
    assert links(desk.get("/messages?state=cancelled")) == {"1"}
    assert links(desk.get("/messages?state=scheduled&kind=invoice")) == {"2"}
    assert links(desk.get("/messages?find=C501@")) == {"1"}
    assert links(desk.get("/messages?kind=reminder")) == set()
    assert links(desk.get("/messages?invoice=502")) == {"2"}
    assert links(desk.get("/messages?state=nonsense&find=%00%25")) == set()


def test_long_lists_are_paged(desk: Desk) -> None:
    desk.site.invoice()
    for sequence in range(1, 53):
        desk.post("/invoices/502/send", sequence=sequence, when="morning")
    first = desk.get("/messages?kind=invoice")
    assert "52 messages, page 1 of 2" in first
    assert "kind=invoice&amp;page=2" in first
    assert links(desk.get("/messages?kind=invoice&page=2")) == {"1", "2"}
    assert "Showing the newest 50 of 52" in desk.get("/invoices/502")


def links(page: str) -> set[str]:
    return {part.partition('"')[0] for part in page.split('<td><a href="/staff/messages/')[1:]}
