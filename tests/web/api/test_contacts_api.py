"""Contacts through the API: listed, added, removed; an email's fate is told per address."""

import pytest

from paymail.services.delivery import deliveries
from tests.web.bearer import bearer
from tests.web.conftest import Site

PATH = "/api/v1/customers/1/contacts"


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    site.invoice()
    return bearer(site.app, "read", "write")


def test_a_contact_is_added_gets_the_email_and_is_removed(site: Site, key: dict[str, str]) -> None:
    body = {"email": "books@accountant.example", "role": "bcc", "gets": ["invoices"]}
    added = site.client.post(PATH, json=body, headers=key).json()
    assert (added["role"], added["gets"], added["set_by"]) == ("bcc", ["invoices"], "staff")
    assert site.client.get(PATH, headers=key).json() == {"contacts": [added]}
    sent = site.client.post("/api/v1/invoices/502/send", json={}, headers=key).json()
    deliveries.sweep(site.app.delivery_context())
    detail = site.client.get(f"/api/v1/messages/{sent['message_id']}", headers=key).json()
    assert [(one["address"], one["role"], one["state"]) for one in detail["fates"]] == [
        ("c502@customer.example", "to", "accepted"),
        ("books@accountant.example", "bcc", "accepted"),
    ]
    gone = f"{PATH}/{added['contact_id']}"
    assert site.client.delete(gone, headers=key).json() == {"removed": True}
    assert site.client.delete(gone, headers=key).status_code == 404
    assert site.client.get(PATH, headers=key).json() == {"contacts": []}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "c502@customer.example"}, 409),
        ({"email": "jörg@customer.example"}, 422),
        ({"email": "a@b.example", "gets": []}, 422),
        ({"email": "a@b.example", "role": "from"}, 422),
        ({"email": "a@b.example", "colour": "red"}, 422),
    ],
)
def test_what_cannot_be_a_contact_is_refused(
    site: Site, key: dict[str, str], body: dict[str, object], status: int
) -> None:
    assert site.client.post(PATH, json=body, headers=key).status_code == status
    assert site.client.get(PATH, headers=key).json() == {"contacts": []}


def test_a_customer_that_does_not_exist_has_no_contacts(site: Site, key: dict[str, str]) -> None:
    nobody = "/api/v1/customers/999/contacts"
    assert site.client.get(nobody, headers=key).status_code == 404
    assert site.client.post(nobody, json={"email": "a@b.example"}, headers=key).status_code == 404
