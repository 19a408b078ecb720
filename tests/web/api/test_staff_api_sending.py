"""The staff API of reminders, bulk sends, bounces and doubts: each route does what the pages do."""

from datetime import timedelta
from email import message_from_bytes

import pytest

from paymail.models import MessageState
from paymail.services.reminders import planner
from tests.factories import NOW
from tests.web.bearer import bearer
from tests.web.conftest import Site

V1 = "/api/v1"


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    return bearer(site.app, "read", "write", "bounces")


def post(
    site: Site, key: dict[str, str], path: str, body: object = None, expect: int = 200
) -> dict[str, object]:
    answer = site.client.post(f"{V1}{path}", json={} if body is None else body, headers=key)
    assert answer.status_code == expect, answer.text
    return answer.json() if answer.content else {}


def get(site: Site, key: dict[str, str], path: str) -> dict[str, object]:
    answer = site.client.get(f"{V1}{path}", headers=key)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def owed_for(site: Site, days: int) -> None:
    """Make invoice 502 due `days` from today, known to paymail for long."""
    since = site.app.now().date() - NOW.date()
    site.invoice(due_in=since.days + days, reminders=True)


def test_the_forecast_and_the_explanation_agree_on_the_next_reminder(site: Site, key: dict[str, str]) -> None:
    owed_for(site, 20)
    rows = get(site, key, "/forecast?days=40")["data"]
    explained = get(site, key, "/invoices/502/reminders")
    assert isinstance(rows, list)
    assert rows[0]["at"] == explained["next_at"]
    assert rows[0]["recipient"] == "c502@customer.example"
    assert "AE" in rows[0]["local"]


def test_a_hold_is_placed_and_released(site: Site, key: dict[str, str]) -> None:
    owed_for(site, 1)
    until = site.app.now().date() + timedelta(days=700)
    held = post(site, key, "/invoices/502/hold", {"reason": "promised", "until": until.isoformat()})
    assert held["next_at"] is None or str(held["next_at"]) > until.isoformat()
    released = post(site, key, "/invoices/502/release")
    assert released["reason"] != "held: promised"
    post(site, key, "/invoices/502/release", expect=404)
    post(site, key, "/invoices/502/hold", {"until": "2020-01-01"}, expect=422)


def test_a_reminder_by_hand_is_queued_and_refused_when_void(site: Site, key: dict[str, str]) -> None:
    owed_for(site, 5)
    queued = post(site, key, "/invoices/502/remind", {}, expect=202)
    assert queued["queued"] is True
    site.change(status="void")
    post(site, key, "/invoices/502/remind", {}, expect=409)


def test_ladders_are_set_for_an_invoice_and_a_customer(site: Site, key: dict[str, str]) -> None:
    owed_for(site, 20)
    found = post(site, key, "/invoices/502/reminders", {"ladder": "5:firm"})
    assert [step["step"] for step in found["steps"]] == ["5"]  # type: ignore[attr-defined]
    post(site, key, "/invoices/502/reminders", {"ladder": "never"}, expect=422)
    post(site, key, "/customers/1/reminders", {"off": True}, expect=204)
    assert get(site, key, "/invoices/502/reminders")["next_at"] is None
    post(site, key, "/customers/99/reminders", {"off": True}, expect=404)


def test_a_bulk_send_runs_pauses_and_is_started_once_by_its_key(site: Site, key: dict[str, str]) -> None:
    for number in (502, 503, 504):
        site.invoice(number, name=f"Customer {number}")
    with_key = key | {"Idempotency-Key": "monday"}
    begun = post(site, with_key, "/bulk", {"currency": "AUD", "rate": "60"}, expect=202)
    repeated = post(site, with_key, "/bulk", {"currency": "AUD", "rate": "60"}, expect=202)
    assert repeated["bulk_id"] == begun["bulk_id"]
    path = f"/bulk/{begun['bulk_id']}"
    assert post(site, key, f"{path}/pause")["state"] == "paused"
    site.sweep()
    assert get(site, key, path)["messages"] == {}
    assert post(site, key, f"{path}/resume")["state"] == "running"
    site.sweep()
    shown = get(site, key, path)
    assert (shown["queued"], shown["rate_per_minute"]) == (3, 60)
    assert post(site, key, f"{path}/cancel")["state"] == "cancelled"
    post(site, key, f"{path}/resume", expect=409)
    assert [row["bulk_id"] for row in get(site, key, "/bulk")["data"]] == [begun["bulk_id"]]  # type: ignore[attr-defined]


def test_a_bulk_sends_key_is_refused_with_another_body_and_answers_the_same_one_for_ever(
    site: Site, key: dict[str, str]
) -> None:
    site.invoice()
    with_key, now = key | {"Idempotency-Key": "k"}, site.app.now
    asked = {"currency": "AUD", "at": (now() + timedelta(hours=1)).isoformat()}
    begun = post(site, with_key, "/bulk", asked, expect=202)
    for other in (
        {"currency": "AUD"},
        asked | {"payment_status": "unpaid"},
        asked | {"rate": "5"},
        asked | {"again": True},
        asked | {"at": "next business morning"},
    ):
        assert post(site, with_key, "/bulk", other, expect=409)["code"] == "idempotency_key_reused"
    # The time has passed and nothing matches any more.
    object.__setattr__(site.app, "now", lambda: now() + timedelta(days=1))
    site.change(status="void")
    assert post(site, with_key, "/bulk", asked, expect=202)["bulk_id"] == begun["bulk_id"]
    assert len(get(site, key, "/bulk")["data"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("at", ["next business morning", ""])
def test_a_bulk_send_for_no_fixed_time_is_repeated_by_its_key_too(
    site: Site, key: dict[str, str], at: str
) -> None:
    site.invoice()
    with_key, now = key | {"Idempotency-Key": "k"}, site.app.now
    begun = post(site, with_key, "/bulk", {"currency": "AUD", "at": at}, expect=202)
    object.__setattr__(site.app, "now", lambda: now() + timedelta(days=3))
    repeated = post(site, with_key, "/bulk", {"currency": "AUD", "at": at}, expect=202)
    assert repeated["bulk_id"] == begun["bulk_id"]


@pytest.mark.parametrize(
    "body", [{}, {"currency": "USD"}, {"currency": "AUD", "rate": "fast"}, {"currency": "AUD", "at": "soon"}]
)
def test_a_bulk_send_that_cannot_be_meant_is_refused(
    site: Site, key: dict[str, str], body: dict[str, str]
) -> None:
    site.invoice()
    post(site, key, "/bulk", body, expect=422)


def test_a_queued_email_is_moved(site: Site, key: dict[str, str]) -> None:
    site.invoice()
    year = site.app.now().year + 1
    queued = post(site, key, "/invoices/502/send", {"at": f"{year}-01-05T09:00"}, expect=202)
    path = f"/messages/{queued['message_id']}/reschedule"
    assert post(site, key, path, {"at": f"{year}-01-06T09:00"})["due_at"] == f"{year}-01-05T22:00:00Z"
    post(site, key, path, {"at": "yesterday"}, expect=422)
    post(site, key, path, {"at": "now"})
    site.sweep()
    post(site, key, path, {"at": "now"}, expect=409)


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59Z", "9999-12-31T23:59-10:00"])
def test_a_time_at_the_ends_of_the_calendar_is_refused_wherever_it_is_given(
    site: Site, key: dict[str, str], at: str
) -> None:
    site.invoice()
    queued = post(site, key, "/invoices/502/send", {"at": "next business morning"}, expect=202)
    post(site, key, f"/messages/{queued['message_id']}/reschedule", {"at": at}, expect=422)
    post(site, key, "/invoices/502/send", {"at": at, "again": True}, expect=422)
    post(site, key, "/bulk", {"currency": "AUD", "rate": "1", "at": at}, expect=422)
    post(site, key, "/invoices/502/hold", {"until": at[:10]}, expect=422)


def test_a_bounce_by_http_marks_its_message_and_is_taken_once(site: Site, key: dict[str, str]) -> None:
    site.invoice()
    queued = post(site, key, "/invoices/502/send", expect=202)
    site.sweep()
    header = get(site, key, f"/messages/{queued['message_id']}")["header_id"]
    report = REPORT.format(header=header).replace("\n", "\r\n").encode()
    assert message_from_bytes(report).get_content_type() == "multipart/report"
    for _ in range(2):
        answer = site.client.post(f"{V1}/bounces", content=report, headers=key)
        assert answer.status_code == 200, answer.text
        assert answer.json()["kind"] == "hard"
        assert answer.json()["message_id"] == queued["message_id"]
    assert get(site, key, f"/messages/{queued['message_id']}")["state"] == "bounced"


def test_a_report_about_nothing_of_ours_changes_nothing(site: Site, key: dict[str, str]) -> None:
    answer = site.client.post(f"{V1}/bounces", content=b"\xff\x00 not mail", headers=key)
    assert answer.json()["kind"] == "unmatched"


def test_an_email_in_doubt_is_resolved(site: Site, key: dict[str, str]) -> None:
    site.invoice()
    queued = post(site, key, "/invoices/502/send", expect=202)
    site.sweep()
    path = f"/messages/{queued['message_id']}"
    post(site, key, f"{path}/resolve", {"answer": "sent"}, expect=409)
    site.doubt(int(str(queued["message_id"])))
    assert post(site, key, f"{path}/resolve", {"answer": "sent", "why": "seen"})["state"] == "sent"


def test_the_forecast_of_a_due_reminder_comes_true(site: Site, key: dict[str, str]) -> None:
    owed_for(site, -30)
    planner.plan_due(site.app.context())
    rows = get(site, key, "/messages?kind=reminder")["data"]
    assert isinstance(rows, list)
    assert {row["state"] for row in rows} <= {MessageState.SUPPRESSED, MessageState.SCHEDULED}
    assert len(rows) >= 4


REPORT = """From: MAILER-DAEMON@mx.example
To: bounces@pay.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

No such user.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; c502@customer.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

Message-ID: {header}

--b--
"""
