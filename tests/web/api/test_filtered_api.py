"""The list's filter in the API: it narrows lists and bulk sends, and is refused where nobody knows it."""

from datetime import timedelta

from paymail.models import Message
from tests.web.api.test_staff_api_sending import get, key, post
from tests.web.conftest import Site

__all__ = ["key"]


def test_a_list_is_narrowed_by_the_filter_and_by_the_parameters(site: Site, key: dict[str, str]) -> None:
    for number, due_in in ((501, -5), (502, -40), (503, 10)):
        site.invoice(number)
        site.change(number, due_date=site.app.now().date() + timedelta(days=due_in))

    def ids(query: str) -> list[int]:
        found = get(site, key, f"/invoices?{query}")
        return [one["invoice_id"] for one in found["data"]]  # type: ignore[attr-defined]

    assert ids("filter=overdue%3D31-60") == [502]
    assert ids("filter=payment%3Dowed%26delivery%3Dnot-emailed") == [503, 502, 501]
    assert ids("filter=payment%3Dowed&overdue=true") == [502, 501]
    answer = site.client.get("/api/v1/invoices?filter=colour%3Dred", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_filter")


def test_a_bulk_send_for_a_filter_is_started_once_by_its_key(site: Site, key: dict[str, str]) -> None:
    site.invoice(501)
    site.invoice(502, currency="NZD")
    with_key, now = key | {"Idempotency-Key": "k"}, site.app.now
    asked = {"filter": "currency=NZD&delivery=not-emailed"}
    begun = post(site, with_key, "/bulk", asked, expect=202)
    site.invoice(503, currency="NZD")
    site.sweep()
    object.__setattr__(site.app, "now", lambda: now() + timedelta(days=1))
    assert post(site, with_key, "/bulk", asked, expect=202)["bulk_id"] == begun["bulk_id"]
    with site.app.reading() as session:
        assert [message.invoice_id for message in session.query(Message)] == [502]
    assert post(site, key, "/bulk", {"filter": "colour=red"}, expect=422)["code"] == "bad_filter"
    assert post(site, key, "/bulk", {"filter": ""}, expect=422)["code"] == "empty_selection"
