"""The two things a customer can say on the pay page, without JavaScript and by the API."""

from datetime import date, timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select

from paymail.models import Message, PaymentStatus, ReminderHold
from paymail.services.reminders import holds
from tests.web.conftest import Biller, Site

API = "/api/public/pay"


def holds_of(site: Site) -> list[ReminderHold]:
    with site.app.reading() as session:
        return holds.in_force(session, invoice_ids=[502], now=site.app.now())


def said(site: Site, token: str, what: str, **form: str) -> Response:
    """Post a form of the page; return the page that it leads to."""
    answer = site.client.post(f"/pay/{token}/{what}", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"/pay/{token}?said=")
    page = site.client.get(answer.headers["location"])
    assert page.status_code == 200
    return page


def in_days(site: Site, days: int) -> str:
    return (site.app.now().date() + timedelta(days=days)).isoformat()


def test_the_page_of_an_owed_invoice_offers_both(site: Site) -> None:
    token = site.invoice()
    page = site.client.get(f"/pay/{token}").text
    assert f'<form method="post" action="/pay/{token}/paid">' in page
    assert f'<form method="post" action="/pay/{token}/promise">' in page


@pytest.mark.parametrize("change", [{"amount_paid": 8250}, {"payment_status": PaymentStatus.PROCESSING}])
def test_the_page_of_an_invoice_that_asks_for_nothing_offers_neither(
    site: Site, change: dict[str, object]
) -> None:
    token = site.invoice()
    site.change(**change)
    assert 'id="talk"' not in site.client.get(f"/pay/{token}").text
    assert "there is nothing to pay" in said(site, token, "paid").text
    answer = site.client.post(f"{API}/{token}/already-paid", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_owed")
    assert holds_of(site) == []


def test_who_has_paid_says_so_and_sees_that_it_was_heard(site: Site) -> None:
    token = site.invoice()
    page = said(site, token, "paid", text='<b>"by bank"</b>').text
    assert "Thank you for letting us know" in page
    assert "You told us that you have paid" in page
    assert [(hold.reason, hold.detail) for hold in holds_of(site)] == [("claimed", '<b>"by bank"</b>')]
    with site.app.reading() as session:
        assert [message.kind for message in session.scalars(select(Message))] == ["notice"]
    site.sweep()
    mail = next((site.app.settings.data_dir / "mailbox").rglob("*.eml")).read_text()
    assert "<b>" not in mail.partition("text/html")[2]


def test_a_promise_is_heard_and_a_bad_day_is_explained(site: Site) -> None:
    token = site.invoice()
    for day in ("", "soon", in_days(site, -5), in_days(site, 90), "9999-12-31"):
        page = said(site, token, "promise", date=day).text
        assert "Please choose a day from" in page
        assert '<details id="later" open><summary>I will pay later' in page
    assert holds_of(site) == []


def test_a_promise_holds(site: Site) -> None:
    token, day = site.invoice(), in_days(site, 10)
    assert "Thank you for letting us know" in said(site, token, "promise", date=day).text
    assert [hold.reason for hold in holds_of(site)] == ["promised"]


def test_a_text_that_is_too_long_is_refused(site: Site) -> None:
    token = site.invoice()
    assert "no more than 300 characters" in said(site, token, "paid", text="x" * 301).text
    assert site.client.post(f"{API}/{token}/already-paid", json={"text": "x" * 301}).status_code == 422
    assert holds_of(site) == []


def test_the_api_says_until_when_reminders_wait(site: Site) -> None:
    token, day = site.invoice(), in_days(site, 3)
    answer = site.client.post(f"{API}/{token}/promise", json={"date": day})
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    assert date.fromisoformat(answer.json()["reminders_wait_until"][:10]) == date.fromisoformat(day)
    assert site.client.post(f"{API}/{token}/already-paid").status_code == 200
    answer = site.client.post(f"{API}/{token}/promise", json={"date": in_days(site, 99)})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_promise")
    answer = site.client.post(f"{API}/{token}/promise", json={"date": day, "until": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_who_has_said_it_three_times_is_asked_to_write(site: Site) -> None:
    token = site.invoice()
    for days in (1, 2, 3):
        said(site, token, "promise", date=in_days(site, days))
    page = said(site, token, "promise", date=in_days(site, 4)).text
    assert "Please write to billing@southern-it.example" in page
    assert 'id="talk-text"' not in page
    answer = site.client.post(f"{API}/{token}/already-paid", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "said_enough")


def test_opening_the_page_that_says_it_was_heard_says_nothing(site: Site) -> None:
    token = site.invoice()
    for marker in ("paid", "promise", "said_enough", "<script>alert(1)</script>"):
        page = site.client.get(f"/pay/{token}", params={"said": marker})
        assert page.status_code == 200
        assert "<script>alert" not in page.text
    assert holds_of(site) == []
    assert site.count(Message) == 0


def test_saying_is_limited(site: Site) -> None:
    token = site.invoice()
    statuses = [site.client.post(f"{API}/{token}/already-paid", json={}).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_staff_see_and_lift_what_a_customer_said(biller: Biller) -> None:
    token = biller.site.invoice(reminders=True)
    biller.site.client.post(f"{API}/{token}/already-paid", json={"text": "by <i>cheque</i>"})
    page = biller.get("/invoices/502")
    assert "<b>Customer says it is paid</b>" in page
    assert "by &lt;i&gt;cheque&lt;/i&gt;" in page
    assert "<h3>On hold</h3>" not in biller.post("/invoices/502/release", reason="claimed")
