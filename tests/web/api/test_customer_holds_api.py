"""All reminders of a customer are held and released through the API."""

from datetime import timedelta

from tests.web.bearer import bearer
from tests.web.conftest import Site


def test_a_program_holds_and_releases_the_reminders_of_a_customer(site: Site) -> None:
    site.invoice()
    key, path = bearer(site.app, "read", "write"), "/api/v1/customers/1"
    day = (site.app.now().date() + timedelta(days=2)).isoformat()
    held = site.client.post(f"{path}/hold", json={"reason": "Disputed", "until": day}, headers=key)
    assert held.status_code == 200, held.text
    assert held.json()["held_reason"] == "Disputed"
    assert held.json()["held_until"] > day
    assert site.client.post(f"{path}/hold", json={"reason": " "}, headers=key).status_code == 422
    past = site.client.post(f"{path}/hold", json={"reason": "x", "until": "2020-01-01"}, headers=key)
    assert (past.status_code, past.json()["code"]) == (422, "hold_in_the_past")
    released = site.client.post(f"{path}/release", headers=key).json()
    assert (released["held_at"], released["held_reason"]) == (None, "")
    assert site.client.post("/api/v1/customers/99/release", headers=key).status_code == 404
