"""A program asks for a copy of an invoice."""

from tests.web.bearer import bearer
from tests.web.conftest import Site

PATH = "/api/v1/invoices/502/copies"
BODY = {"to": "books@accountant.example"}


def test_a_copy_is_queued_once_a_day_and_faults_are_said(site: Site) -> None:
    site.invoice()
    key = bearer(site.app, "read", "write")
    first = site.client.post(PATH, json=BODY, headers=key)
    assert first.status_code == 202, first.text
    again = site.client.post(PATH, json=BODY, headers=key)
    assert again.json()["message_id"] == first.json()["message_id"]
    assert site.client.post(PATH, json={"to": "nobody"}, headers=key).status_code == 422
    assert site.client.post(PATH, json={**BODY, "payment_id": 9}, headers=key).status_code == 404
    for number in range(4):
        site.client.post(PATH, json={"to": f"{number}@x.example"}, headers=key)
    refused = site.client.post(PATH, json={"to": "more@x.example"}, headers=key)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
