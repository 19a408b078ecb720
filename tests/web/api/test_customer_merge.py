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
