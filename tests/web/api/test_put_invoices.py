"""Invoices that programs put by their own id: created once, updated as by a file, refused with pointers."""

import threading
from typing import Any

import pytest

from paymail.models import Customer, Invoice, InvoiceStatus, Issuer
from paymail.services.customers import addresses
from tests.factories import NOW
from tests.web.bearer import bearer
from tests.web.conftest import Site

BODY: dict[str, Any] = {
    "invoice_number": "INV-7",
    "customer_ref": "C-1",
    "customer_name": "The Vacuum Shop",
    "customer_email": "accounts@vacuum.example",
    "currency": "AUD",
    "issued_date": "2026-03-01",
    "due_date": "2026-03-31",
    "tax_rate": "10",
    "items": [
        {"description": "Support", "quantity": "1.5", "unit_price": "50.00"},
        {"description": "Licence", "quantity": "1", "unit_price": "25.00", "tax_category": "Z"},
    ],
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
    ref: str = "a-1",
    expect: int = 200,
) -> Any:
    body = {name: value for name, value in (BODY | (changes or {})).items() if value is not None}
    answer = site.client.put(f"/api/v1/invoices/{ref}", json=body, headers=key)
    assert answer.status_code == expect, answer.text
    return answer.json()


def faults(problem: Any) -> dict[str, str]:
    return {one.get("pointer", one.get("parameter")): one["detail"] for one in problem["errors"]}


def test_an_invoice_is_created_with_the_sums_that_follow_and_the_same_again_changes_nothing(
    site: Site, key: dict[str, str]
) -> None:
    made = put(site, key, expect=201)
    shown = made["invoice"]
    assert (made["result"], made["changed"], made["kept"]) == ("created", [], [])
    assert (shown["invoice_number"], shown["external_ref"], shown["status"]) == ("INV-7", "a-1", "draft")
    assert (shown["subtotal"], shown["tax_amount"], shown["total"]) == (100, 7.5, 107.5)
    assert [(row["category"], row["net"]) for row in shown["taxes"]] == [("S", 75), ("Z", 25)]
    assert [(item["line"], item["amount"], item["tax_category"]) for item in shown["items"]] == [
        (1, 75, ""),
        (2, 25, "Z"),
    ]
    assert shown["history"][0]["actor"].startswith("Billing")
    again = put(site, key)
    assert (again["result"], again["invoice"]) == ("unchanged", shown)
    assert site.count(Invoice) == 1


def test_a_draft_is_rewritten_and_the_answer_names_what_changed(site: Site, key: dict[str, str]) -> None:
    put(site, key, expect=201)
    found = put(site, key, {"tax_rate": "15", "notes": "Thank you", "metadata": {"job": "12"}})
    assert found["result"] == "updated"
    assert set(found["changed"]) == {"items", "tax_rate", "tax_amount", "total", "notes", "metadata"}
    assert (found["invoice"]["total"], found["invoice"]["metadata"]) == (111.25, {"job": "12"})
    assert put(site, key, {"tax_rate": "15"})["result"] == "unchanged", "what is left out stays"


def test_an_issued_invoice_keeps_its_sums_and_says_so_at_each_of_them(
    site: Site, key: dict[str, str]
) -> None:
    made = put(site, key, {"status": "sent"}, expect=201)["invoice"]
    refused = put(site, key, {"tax_rate": "15", "due_date": "2026-04-30", "currency": "NZD"}, expect=409)
    assert refused["code"] == "not_taken_over"
    assert set(faults(refused)) == {"/currency", "/items", "/subtotal", "/tax_rate", "/tax_amount", "/total"}
    assert "void it and issue it again" in faults(refused)["/total"]
    later = put(site, key, {"due_date": "2026-04-30", "purchase_order": "PO-9"})
    assert (later["result"], set(later["changed"])) == ("updated", {"due_date", "purchase_order"})
    assert later["invoice"]["status"] == "sent", "a status that is not given stays"
    assert later["invoice"]["payment_url_expires_at"] > made["payment_url_expires_at"]
    assert list(faults(put(site, key, {"status": "draft"}, expect=409))) == ["/status"]


def test_a_number_that_is_not_given_is_the_next_one_of_the_issuer(site: Site, key: dict[str, str]) -> None:
    assert put(site, key, {"invoice_number": None}, ref="x", expect=201)["invoice"]["invoice_number"] == "1"
    put(site, key, {"invoice_number": "INV-9999"}, ref="text", expect=201)
    put(site, key, {"invoice_number": "20261127093000000"}, ref="stamp", expect=201)
    put(site, key, {"invoice_number": "0041"}, ref="y", expect=201)
    made = put(site, key, {"invoice_number": None}, ref="z", expect=201)["invoice"]
    assert (made["invoice_number"], made["invoice_id"]) == ("42", 42)
    again = put(site, key, {"invoice_number": None}, ref="z")
    assert (again["result"], again["invoice"]["invoice_number"]) == ("unchanged", "42")


def test_an_id_that_looks_like_a_number_of_ours_is_still_the_hosts(site: Site, key: dict[str, str]) -> None:
    put(site, key, {"invoice_number": "502"}, ref="host-1", expect=201)
    other = put(site, key, {"invoice_number": "600"}, ref="502", expect=201)["invoice"]
    assert (other["invoice_id"], other["external_ref"]) == (600, "502")
    taken = put(site, key, {"invoice_number": "502"}, ref="600", expect=409)
    assert list(faults(taken)) == ["external_ref"]
    shown = site.client.get("/api/v1/invoices/502", headers=key).json()
    assert shown["external_ref"] == "host-1"


def test_an_id_is_any_text_but_one_with_a_slash(site: Site, key: dict[str, str]) -> None:
    made = put(site, key, ref="INV%202026%2B%C3%A9%3F", expect=201)["invoice"]
    assert made["external_ref"] == "INV 2026+é?"
    assert site.client.put("/api/v1/invoices/2026%2F7", json=BODY, headers=key).status_code == 404


def test_a_known_customer_is_named_by_its_id_alone(site: Site, key: dict[str, str]) -> None:
    first = put(site, key, {"customer_email": "a@vacuum.example; b@vacuum.example"}, expect=201)["invoice"]
    alone = {"customer_name": None, "customer_email": None, "invoice_number": "INV-8"}
    second = put(site, key, alone, ref="a-2", expect=201)
    assert (second["invoice"]["customer_id"], second["kept"]) == (first["customer_id"], [])
    listed = site.client.get(f"/api/v1/customers/{first['customer_id']}/contacts", headers=key).json()
    assert [one["email"] for one in listed["contacts"]] == ["b@vacuum.example"]
    unknown = alone | {"customer_ref": "C-9", "invoice_number": "INV-9"}
    assert set(faults(put(site, key, unknown, ref="a-3", expect=422))) == {
        "/customer_name",
        "/customer_email",
    }


def test_an_address_that_staff_corrected_stays_and_the_answer_says_so(
    site: Site, key: dict[str, str]
) -> None:
    customer_id = put(site, key, expect=201)["invoice"]["customer_id"]
    with site.app.transaction() as session:
        addresses.change_email(
            session, customer_id=customer_id, address="right@vacuum.example", actor="vera", now=site.app.now()
        )
    found = put(site, key, {"notes": "News"})
    assert (found["result"], found["changed"]) == ("updated", ["notes"])
    assert [one["pointer"] for one in found["kept"]] == ["/customer_email"]
    assert "kept yours" in found["kept"][0]["detail"]
    assert found["invoice"]["customer_email"] == "right@vacuum.example"


def test_a_link_that_was_mailed_before_goes_on_working_and_no_fault_tells_it(
    site: Site, key: dict[str, str]
) -> None:
    token = "0123456789abcdef" * 4
    put(site, key, {"status": "sent", "payment_token": token}, expect=201)
    assert site.client.get(f"/pay/{token}").status_code == 200
    put(site, key, {"payment_token": token})
    taken = put(site, key, {"invoice_number": "INV-8", "payment_token": token}, ref="a-2", expect=409)
    assert faults(taken) == {"/payment_token": "invoice INV-8: is the link of another invoice"}
    broken = put(site, key, {"payment_token": token[:-1] + "G"}, ref="a-3", expect=422)
    assert token[:40] not in str(taken) + str(broken)


def test_money_that_the_host_knows_of_is_entered_once_and_old_news_takes_none_back(
    site: Site, key: dict[str, str]
) -> None:
    put(site, key, {"status": "sent"}, expect=201)
    paid = put(site, key, {"amount_paid": "107.50"})
    assert (paid["changed"], paid["invoice"]["payment_status"]) == (["amount_paid"], "paid")
    assert put(site, key, {"amount_paid": "107.50"})["result"] == "unchanged"
    assert put(site, key)["invoice"]["payment_status"] == "paid"


def test_a_void_invoice_stays_void_whatever_is_put(site: Site, key: dict[str, str]) -> None:
    invoice_id = put(site, key, {"status": "sent"}, expect=201)["invoice"]["invoice_id"]
    assert put(site, key, {"status": "void"})["changed"] == ["status"]
    found = put(site, key, {"due_date": "2026-05-01"})
    assert (found["result"], [one["pointer"] for one in found["kept"]]) == ("unchanged", ["/status"])
    with site.app.reading() as session:
        assert session.get_one(Invoice, invoice_id).status is InvoiceStatus.VOID


def test_of_several_issuers_one_is_named_and_each_has_its_own_ids(site: Site, key: dict[str, str]) -> None:
    with site.app.transaction() as session:
        session.add(
            Issuer(name="Other Ltd", email="o@other.example", tax_id="51 824 753 556", created_at=NOW)
        )
    assert put(site, key, expect=422)["code"] == "which_issuer"
    one = put(site, key, ref="a-1?issuer=1", expect=201)["invoice"]["invoice_id"]
    two = put(site, key, ref="a-1?issuer=2", expect=201)["invoice"]["invoice_id"]
    assert one != two
    assert put(site, key, ref="a-1?issuer=3", expect=404)["code"] == "no_such_issuer"


def test_who_may_only_read_puts_nothing(site: Site, key: dict[str, str]) -> None:
    reader = bearer(site.app, "read")
    assert site.client.put("/api/v1/invoices/a-1", json=BODY, headers=reader).status_code == 403
    assert site.count(Invoice) == 0


def test_the_same_id_put_by_several_at_once_makes_one_invoice(site: Site, key: dict[str, str]) -> None:
    answers: list[tuple[int, str, int]] = []

    def ask(notes: str) -> None:
        body = {name: value for name, value in BODY.items() if name != "invoice_number"} | {"notes": notes}
        answer = site.client.put("/api/v1/invoices/a-1", json=body, headers=key)
        answers.append((answer.status_code, answer.json()["result"], answer.json()["invoice"]["invoice_id"]))

    threads = [threading.Thread(target=ask, args=(f"note {at % 2}",)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert sorted(status for status, _what, _id in answers) == [200] * 5 + [201]
    assert [what for _status, what, _id in answers].count("created") == 1
    assert len({invoice_id for _status, _what, invoice_id in answers}) == 1
    assert site.count(Invoice) == site.count(Customer) == 1


def test_numbers_given_out_at_once_are_never_the_same(site: Site, key: dict[str, str]) -> None:
    statuses: list[int] = []

    def ask(ref: str) -> None:
        body = {name: value for name, value in BODY.items() if name != "invoice_number"}
        statuses.append(site.client.put(f"/api/v1/invoices/{ref}", json=body, headers=key).status_code)

    threads = [threading.Thread(target=ask, args=(f"ref-{at}",)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 4
    with site.app.reading() as session:
        numbers = sorted(invoice.number for invoice in session.query(Invoice))
    assert numbers == ["1", "2", "3", "4"]
