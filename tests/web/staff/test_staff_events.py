"""Events on a page and in the API: filters, links, and the button that works on one again."""

import re

import pytest

from paymail.models import GatewayEvent, GatewayEventState, Payment
from paymail.web.staff import events
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site
from tests.web.test_webhook import event

V1 = "/api/v1/events"


def paid_and_dead(site: Site) -> str:
    """Have a paid invoice whose event was given up; return the event's id."""
    intent = site.customer_pays(site.start(site.invoice()))
    assert site.webhook(event(intent)) == 200
    with site.app.transaction() as session:
        row = session.query(GatewayEvent).one()
        row.state, row.reason, row.attempts = GatewayEventState.DEAD, "Stripe was away", 20
        return row.event_id


def test_a_dead_event_is_on_the_page_with_its_invoice_and_its_reason(biller: Biller) -> None:
    event_id = paid_and_dead(biller.site)
    page = biller.get("/events?state=dead")
    for text in (event_id, '<a href="/staff/invoices/502">#502</a>', "Stripe was away", "acct_sandbox"):
        assert text in page
    assert event_id not in biller.get("/events?state=done")
    assert event_id in biller.get("/events?invoice=502")
    assert event_id not in biller.get("/events?type=charge.refunded")
    assert event_id in biller.get("/events?state=nonsense")


def test_the_page_goes_on_from_the_last_event_that_it_showed(
    biller: Biller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PAGE", 2)
    for number in range(3):
        assert biller.site.webhook(event(f"pi_{number}")) == 200
    page, seen = biller.get("/events?type=payment_intent.succeeded"), list[str]()
    while next_ := re.search(r'rel="next" href="(\?[^"]+)"', page):
        seen += re.findall(r"<code>(evt_[\w.]+)</code>", page)
        page = biller.get(f"/events{next_[1].replace('&amp;', '&')}")
        assert 'href="?type=payment_intent.succeeded">Newest</a>' in page
    seen += re.findall(r"<code>(evt_[\w.]+)</code>", page)
    assert len(seen) == len(set(seen)) == 3
    biller.get("/events?after=evt_unknown", 404)


def test_the_button_works_on_it_again(biller: Biller) -> None:
    event_id = paid_and_dead(biller.site)
    biller.post(f"/events/{event_id}/reprocess")
    biller.site.sweep()
    assert biller.site.count(Payment) == 1
    assert ">Done<" in biller.get("/events")


def test_the_button_needs_the_token_of_the_page(biller: Biller) -> None:
    event_id = paid_and_dead(biller.site)
    answer = biller.site.client.post(f"/staff/events/{event_id}/reprocess", data={"csrf": "wrong"})
    assert answer.status_code == 403
    biller.post("/events/evt_unknown/reprocess", 404)
    assert ">Dead<" in biller.get("/events")


def test_the_api_lists_shows_and_works_on_events_again(site: Site) -> None:
    event_id = paid_and_dead(site)
    reader, writer = bearer(site.app, "read"), bearer(site.app, "write", name="Writer")
    (found,) = site.client.get(f"{V1}?state=dead", headers=reader).json()["data"]
    assert (found["event_id"], found["invoice_id"], found["reason"]) == (event_id, 502, "Stripe was away")
    assert site.client.post(f"{V1}/{event_id}/reprocess", headers=reader).status_code == 403
    answer = site.client.post(f"{V1}/{event_id}/reprocess", headers=writer)
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "received", 0)
    site.sweep()
    assert site.client.get(f"{V1}/{event_id}", headers=reader).json()["state"] == "done"
    assert site.count(Payment) == 1


@pytest.mark.parametrize("address", ["/evt_unknown", "?after=evt_unknown"])
def test_an_unknown_event_is_a_404(site: Site, address: str) -> None:
    answer = site.client.get(f"{V1}{address}", headers=bearer(site.app, "read"))
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_event")
