"""Bulk pages: count first, start once, pause, resume, cancel, and only the failed again."""

from datetime import timedelta

import pytest

from paymail.models import BulkSend, Invoice, Issuer, MessageState
from paymail.services.sending import bulk
from tests.factories import NOW
from tests.web.conftest import Biller


@pytest.fixture
def many(biller: Biller) -> Biller:
    """Three owed invoices, one of them in another currency."""
    biller.site.invoice(501)
    biller.site.invoice(502)
    biller.site.invoice(503, currency="NZD")
    return biller


def begin(biller: Biller, **form: object) -> str:
    page = biller.get("/bulk/new?currency=aud")
    given = {"filter": "currency=AUD", "request_key": biller.hidden(page, "request_key"), **form}
    return biller.post("/bulk", **given)


def expand(biller: Biller) -> None:
    bulk.expand_all(biller.site.app.context())


def test_the_filter_is_counted_before_anything_is_sent(many: Biller) -> None:
    many.post("/invoices/501/send", sequence=1)
    page = many.get("/bulk/new?currency=aud")
    assert "Send 2 invoices?" in page
    assert "Southern IT Services Pty Ltd" in page
    assert "$165.00" in page
    assert "1 already emailed, so 1 would be emailed" in page
    assert "#502" in page
    assert "#503" not in page
    assert many.site.count(BulkSend) == 0


def test_a_double_click_starts_one(many: Biller) -> None:
    key = many.hidden(many.get("/bulk/new?currency=AUD"), "request_key")
    addresses = {str(many.answer("/bulk", filter="currency=AUD", request_key=key).url) for _ in range(2)}
    assert addresses == {"https://pay.example/staff/bulk/1"}
    assert many.site.count(BulkSend) == 1
    begin(many)
    assert many.site.count(BulkSend) == 2


def test_as_many_others_are_not_those_that_were_shown(many: Biller) -> None:
    page = many.get("/bulk/new?currency=AUD")
    shown = {name: many.hidden(page, name) for name in ("filter", "request_key", "shown")}
    many.site.change(502, currency="NZD")
    many.site.change(503, currency="AUD")
    assert "other invoices match now" in many.post("/bulk", 409, **shown)
    many.site.change(502, currency="AUD")
    many.site.change(503, currency="NZD")
    many.post("/bulk", **shown)
    assert many.site.count(BulkSend) == 1


def test_rate_time_and_again_are_taken(many: Biller) -> None:
    page = begin(many, rate="office365", when="morning", again="yes")
    assert "30 a minute" in page
    assert "Wed 18 Mar 2026, 09:00 AEDT" in page
    expand(many)
    assert {message.next_at.isoformat() for message in many.messages()} == {"2026-03-17T22:00:00+00:00"}
    with many.site.app.reading() as session:
        assert session.get_one(BulkSend, 1).again


def test_the_list_shows_progress_and_the_finish(many: Biller) -> None:
    begin(many, rate="1")
    expand(many)
    page = many.get("/bulk")
    assert "0 of 2" in page
    assert "Tue 17 Mar 2026, 12:02 AEDT" in page
    many.site.sweep()
    assert "1 of 2" in many.get("/bulk")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "choose at least one filter"),
        ("payment=rich", "is none of"),
        ("picks=yes&payment=owed", "nothing is picked"),
        ("due_to=tomorrow", "is not a date"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(many: Biller, query: str, reason: str) -> None:
    assert reason in many.get(f"/bulk/new?{query}", 422)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"rate": "fast"}, "is not a number of emails per minute"),
        ({"when": "at", "at": "2020-01-01T09:00"}, "is in the past"),
        ({"filter": "currency=EUR"}, "no matching invoice can be sent"),
        ({"filter": ""}, "choose at least one filter"),
        ({"filter": "colour=red"}, "is not a filter"),
        ({"shown": "0"}, "other invoices match now than when you looked"),
    ],
)
def test_a_start_that_is_refused_says_why_and_keeps_what_was_typed(
    many: Biller, form: dict[str, str], reason: str
) -> None:
    many.post("/invoices/501/send", sequence=1)
    given = {"filter": "currency=AUD", "request_key": "0123456789", "again": "yes", **form}
    page = many.post("/bulk", 409 if "shown" in form else 422, **given)
    assert reason in page
    assert many.site.count(BulkSend) == 0
    if given["filter"] == "currency=AUD":
        assert 'name="again" value="yes" checked' in page
        assert f'value="{form.get("rate", "")}"' in page
        assert f'value="{form.get("at", "")}"' in page


def test_pause_resume_and_cancel_do_what_they_say_and_bear_a_second_click(many: Biller) -> None:
    begin(many)
    expand(many)
    for _ in range(2):
        assert '<span class="badge warn">Paused</span>' in many.post("/bulk/1/pause")
    many.site.sweep()
    assert {message.state for message in many.messages()} == {MessageState.SCHEDULED}
    for _ in range(2):
        many.post("/bulk/1/resume")
    for _ in range(2):
        assert '<span class="badge still">Cancelled</span>' in many.post("/bulk/1/cancel")
    assert {message.state for message in many.messages()} == {MessageState.CANCELLED}
    assert "cannot change from cancelled" in many.post("/bulk/1/pause", 409)
    many.post("/bulk/1/explode", 422)
    many.post("/bulk/9/pause", 404)


def test_only_the_failed_are_sent_again_once(many: Biller) -> None:
    begin(many)
    expand(many)
    many.post("/messages/1/cancel")
    many.site.sweep()
    page = many.get("/bulk/1")
    assert "Resend failed emails (1)" in page
    key = many.hidden(page, "request_key")
    for _ in range(2):
        assert "failed in <a" in many.post("/bulk/1/failed-again", request_key=key)
    expand(many)
    assert [(m.bulk_id, m.invoice_id, m.state.value) for m in many.messages()] == [
        (1, 501, "cancelled"), (1, 502, "sent"), (2, 501, "scheduled"),
    ]  # fmt: skip


def test_nothing_failed_means_nothing_to_send_again(many: Biller) -> None:
    begin(many)
    expand(many)
    assert "no matching invoice can be sent" in many.post(
        "/bulk/1/failed-again", 422, request_key="0123456789"
    )


def test_its_messages_are_listed_by_state(many: Biller) -> None:
    begin(many)
    expand(many)
    assert 'href="/staff/messages?bulk=1&amp;state=scheduled"' in many.get("/bulk/1")
    assert "2 emails, page 1 of 1" in many.get("/messages?bulk=1&state=scheduled")


def test_what_was_picked_is_sent_and_nothing_else(many: Biller) -> None:
    page = many.get("/bulk/new?picks=yes&payment=owed&invoice=501&invoice=503")
    assert "Send 2 invoices?" in page
    many.post("/bulk", filter=many.hidden(page, "filter"), seen=2, request_key="0123456789")
    many.site.invoice(504)
    expand(many)
    assert [message.invoice_id for message in many.messages()] == [501, 503]


def test_what_came_after_it_was_confirmed_is_not_in_it(many: Biller) -> None:
    many.post("/bulk", filter="payment=owed&delivery=not-emailed", seen=3, request_key="0123456789")
    many.site.invoice(504)
    expand(many)
    assert [message.invoice_id for message in many.messages()] == [501, 502, 503]
    many.post("/bulk", filter="payment=owed&delivery=not-emailed", seen=3, request_key="0123456789")
    assert many.site.count(BulkSend) == 1


def test_each_company_gets_a_bulk_send_of_its_own_on_its_own_clock(many: Biller) -> None:
    with many.site.app.transaction() as session:
        other = Issuer(name="Perth Networks", email="b@perth.example", timezone="Australia/Perth",
                       tax_id="51 824 753 556", stripe_account="acct_p", created_at=NOW)  # fmt: skip
        session.add(other)
        session.flush()
        session.get_one(Invoice, 503).issuer_id = other.issuer_id
    page = many.get("/bulk/new?payment=owed")
    assert "Send 3 invoices of 2 companies?" in page
    assert "Perth Networks" in page
    key = many.hidden(page, "request_key")
    for _ in range(2):
        many.post(
            "/bulk", filter="payment=owed", shown=many.hidden(page, "shown"), request_key=key, when="morning"
        )
    with many.site.app.reading() as session:
        starts = [one.starts_at.isoformat() for one in session.query(BulkSend).order_by(BulkSend.bulk_id)]
    assert starts == ["2026-03-18T01:00:00+00:00", "2026-03-17T22:00:00+00:00"]
    expand(many)
    assert {(m.invoice_id, m.bulk_id) for m in many.messages()} == {(503, 1), (501, 2), (502, 2)}


def test_a_bulk_send_of_tomorrow_is_called_scheduled(many: Biller) -> None:
    page = begin(many, when="morning")
    assert '<span class="badge info">Scheduled</span>' in page
    assert '<span class="badge info">Scheduled</span>' in many.get("/bulk")
    many.go(many.clock + timedelta(days=1))
    assert '<span class="badge info">Running</span>' in many.get("/bulk/1")
