"""Customers are merged through the API."""

from tests.web.bearer import bearer
from tests.web.conftest import Site


def test_a_customer_is_merged_and_points_at_the_other(site: Site) -> None:
    site.invoice()
    site.invoice(503)
    key = bearer(site.app, "read", "write")
    path = "/api/v1/customers/1/merge"
    done = site.client.post(path, json={"into": 2}, headers=key).json()
    assert (done["customer"]["customer_id"], done["invoices"], done["emails"]) == (2, 1, 0)
    assert site.client.post(path, json={"into": 2}, headers=key).json()["invoices"] == 0
    assert site.client.get("/api/v1/customers/1", headers=key).json()["merged_into"] == 2
    listed = site.client.get("/api/v1/customers", headers=key).json()["data"]
    assert [(one["customer_id"], one["merged_into"]) for one in listed] == [(2, None)]
    again = site.client.post("/api/v1/customers/2/merge", json={"into": 1}, headers=key)
    assert (again.status_code, again.json()["code"]) == (409, "customer_merged")
    assert site.client.post(path, json={"into": 0}, headers=key).status_code == 422
    nobody = site.client.post("/api/v1/customers/2/merge", json={"into": 999}, headers=key)
    assert nobody.status_code == 404
    reader = bearer(site.app, "read")
    assert site.client.post(path, json={"into": 2}, headers=reader).status_code == 403


def test_a_program_that_puts_the_merged_one_is_told_and_changes_nothing(site: Site) -> None:
    site.invoice()
    key = bearer(site.app, "read", "write")
    for ref, name in (("A", "Acme"), ("B", "Acme Pty Ltd")):
        body = {"name": name, "email": f"{ref.lower()}@acme.example"}
        assert site.client.put(f"/api/v1/customers/{ref}", json=body, headers=key).status_code == 201
    site.client.post("/api/v1/customers/3/merge", json={"into": 2}, headers=key)
    body = {"name": "Acme Holding", "email": "c@acme.example"}
    put = site.client.put("/api/v1/customers/B", json=body, headers=key).json()
    assert (put["result"], put["customer"]["customer_id"], put["customer"]["name"]) == (
        "unchanged",
        2,
        "Acme",
    )
    assert "customer 3 was merged into customer 2" in str(put["kept"])


def test_an_id_that_is_first_given_for_the_merged_one_means_the_other_from_then_on(site: Site) -> None:
    site.invoice()
    site.invoice(503)
    key = bearer(site.app, "read", "write")
    site.client.post("/api/v1/customers/2/merge", json={"into": 1}, headers=key)
    named = site.client.get("/api/v1/customers/2", headers=key).json()
    body = {"name": named["name"], "email": named["email"]}
    site.client.put("/api/v1/customers/Q", json=body, headers=key)
    moved = site.client.put("/api/v1/customers/Q", json=body | {"email": "q@new.example"}, headers=key).json()
    assert moved["customer"]["customer_id"] == 1
