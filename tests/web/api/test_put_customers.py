"""Customers that programs put by their own id: by the rules of an import, and staff's corrections stay."""

import threading
from typing import Any

import pytest
from sqlalchemy import select

from paymail.models import Customer, Invoice, Issuer, TimelineEvent
from paymail.services.customers import addresses
from tests.factories import NOW
from tests.web.api.test_put_invoices import BODY as INVOICE
from tests.web.bearer import bearer
from tests.web.conftest import Site

BODY: dict[str, Any] = {
    "name": "The Vacuum Shop",
    "email": "accounts@vacuum.example",
    "contacts": ["boss@vacuum.example"],
    "tax_id": "ABN 51 824 753 556",
    "attention": "Accounts",
    "address": "1 Main St\nSydney",
    "country": "au",
    "locale": "en-AU",
}


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    with site.app.transaction() as session:
        session.add(
            Issuer(name="Host Pty Ltd", email="billing@host.example", tax_id="51 824 753 556", created_at=NOW)
        )
    return bearer(site.app, "read", "write", name="Billing")


def put(
    site: Site,
    key: dict[str, str],
    changes: dict[str, Any] | None = None,
    *,
    ref: str = "C-1",
    expect: int = 200,
) -> Any:
    body = {name: value for name, value in (BODY | (changes or {})).items() if value is not None}
    answer = site.client.put(f"/api/v1/customers/{ref}", json=body, headers=key)
    assert answer.status_code == expect, answer.text
    return answer.json()


def contacts(site: Site, key: dict[str, str], customer_id: int) -> set[str]:
    found = site.client.get(f"/api/v1/customers/{customer_id}/contacts", headers=key).json()["contacts"]
    return {one["email"] for one in found}


def test_a_customer_is_created_once_and_what_is_left_out_stays(site: Site, key: dict[str, str]) -> None:
    made = put(site, key, expect=201)
    shown = made["customer"]
    assert (made["result"], made["changed"]) == ("created", [])
    assert {
        name: shown[name] for name in ("external_ref", "name", "country", "locale", "tax_id", "attention")
    } == {
        "external_ref": "C-1",
        "name": "The Vacuum Shop",
        "country": "AU",
        "locale": "en-AU",
        "tax_id": "ABN 51 824 753 556",
        "attention": "Accounts",
    }
    assert contacts(site, key, shown["customer_id"]) == {"boss@vacuum.example"}
    assert put(site, key)["result"] == "unchanged"
    assert put(site, key, dict.fromkeys(("contacts", "tax_id", "address", "locale")))["result"] == "unchanged"
    changed = put(site, key, {"name": "Vacuum Ltd", "contacts": [], "locale": "de", "country": ""})
    assert set(changed["changed"]) == {"name", "contacts", "locale", "country"}
    assert (changed["customer"]["locale"], changed["customer"]["country"]) == ("de", "")
    assert contacts(site, key, shown["customer_id"]) == set()
    assert site.count(Customer) == 1


def test_an_invoice_of_the_customer_needs_its_id_alone_and_its_history_says_who_changed_the_customer(
    site: Site, key: dict[str, str]
) -> None:
    put(site, key, expect=201)
    body = {name: value for name, value in INVOICE.items() if name not in ("customer_name", "customer_email")}
    made = site.client.put("/api/v1/invoices/a-1", json=body | {"status": "sent"}, headers=key)
    assert made.status_code == 201, made.text
    put(site, key, {"name": "Vacuum Ltd", "email": "new@vacuum.example"})
    with site.app.reading() as session:
        invoice = session.scalars(select(Invoice)).one()
        told = session.scalars(select(TimelineEvent).where(TimelineEvent.invoice_id == invoice.invoice_id))
        said = {event.kind: (event.actor.partition(" ")[0], event.detail) for event in told}
    assert said["customer_updated"] == ("Billing", "name from The Vacuum Shop to Vacuum Ltd")
    assert said["customer_address_changed"][1] == "from accounts@vacuum.example to new@vacuum.example"


def test_an_address_that_staff_corrected_stays_until_another_one_comes(
    site: Site, key: dict[str, str]
) -> None:
    customer_id = put(site, key, expect=201)["customer"]["customer_id"]
    with site.app.transaction() as session:
        addresses.change_email(
            session, customer_id=customer_id, address="right@vacuum.example", actor="vera", now=site.app.now()
        )
    same = put(site, key)
    assert (same["result"], [one["pointer"] for one in same["kept"]]) == ("unchanged", ["/email"])
    assert same["customer"]["email"] == "right@vacuum.example"
    other = put(site, key, {"email": "third@vacuum.example"})
    assert (other["changed"], other["kept"]) == (["email"], [])
    assert other["customer"]["email"] == "third@vacuum.example"


def test_every_fault_comes_at_once_with_its_pointer(site: Site, key: dict[str, str]) -> None:
    wrong = {
        "name": " ",
        "email": "nobody",
        "contacts": ["a@vacuum.example", "b"],
        "country": "Australia",
        "locale": "xx-YY",
    }
    refused = put(site, key, wrong, expect=422)
    assert refused["code"] == "refused"
    pointers = [one["pointer"] for one in refused["errors"]]
    assert sorted(pointers) == ["/contacts/1", "/country", "/email", "/locale", "/name"]
    for unfit in ({"name": "a\x00b"}, {"colour": "red"}, {"contacts": "a@b.example"}, {"email": "x" * 501}):
        answer = put(site, key, unfit, expect=422)
        assert [one["pointer"] for one in answer["errors"]] == [f"/{next(iter(unfit))}"]
    assert site.count(Customer) == 0


def test_two_customers_cannot_have_the_same_name_and_address(site: Site, key: dict[str, str]) -> None:
    put(site, key, expect=201)
    for answer in (put(site, key, ref="C-2", expect=409),):
        assert [one["pointer"] for one in answer["errors"]] == ["/email"]
    put(site, key, {"email": "other@vacuum.example"}, ref="C-2", expect=201)
    assert put(site, key, ref="C-2", expect=409)["code"] == "not_taken_over"
    assert site.count(Customer) == 2


def test_a_customer_without_an_id_of_the_hosts_is_given_it_where_name_and_address_are_the_same(
    site: Site, key: dict[str, str]
) -> None:
    with site.app.transaction() as session:
        known = Customer(issuer_id=1, name=BODY["name"], email=BODY["email"], created_at=NOW)
        session.add(known)
    found = put(site, key)
    assert found["result"] == "updated"
    assert "external_ref" in found["changed"]
    assert found["customer"]["customer_id"] == known.customer_id


def test_the_same_id_put_by_several_at_once_makes_one_customer(site: Site, key: dict[str, str]) -> None:
    results: list[str] = []

    def ask() -> None:
        answer = site.client.put("/api/v1/customers/C-1", json=BODY, headers=key)
        results.append(answer.json()["result"])

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["created", *["unchanged"] * 4]
    assert site.count(Customer) == 1
