"""What is wrong with an invoice that a program puts: every fault at once, each with its pointer."""

import json
from typing import Any

import pytest

from paymail.models import Customer, Invoice
from paymail.web.schemas.given_invoices import InvoiceBody, ItemBody
from tests.web.api.test_put_invoices import BODY, faults, key, put
from tests.web.conftest import Site
from tests.web.http.hostile import NUMBERS, VALUES

__all__ = ["key"]

FIELDS = [*InvoiceBody.model_fields, *(f"items/{name}" for name in ItemBody.model_fields)]
ODD = [*VALUES, *NUMBERS, "", " ", {"\ud800": "x"}, {"x": "\x00"}, ["\x00"]]


def test_every_fault_of_the_values_comes_at_once_with_its_pointer(site: Site, key: dict[str, str]) -> None:
    wrong = {
        "currency": "AUD",
        "customer_email": "nobody",
        "issued_date": "2026-02-30",
        "customer_country": "Australia",
        "amount_paid": "1,234",
        "payment_token": "x",
        "items": [
            {"description": "Support", "quantity": "1", "unit_price": "75.00", "amount": "57.00"},
            {"description": "Licence", "quantity": "one", "unit_price": "2.5e3", "tax_category": "Q"},
        ],
    }
    refused = put(site, key, wrong, expect=422)
    assert refused["code"] == "refused"
    assert set(faults(refused)) == {
        "/customer_email",
        "/issued_date",
        "/customer_country",
        "/amount_paid",
        "/payment_token",
        "/items/0/amount",
        "/items/1/quantity",
        "/items/1/unit_price",
        "/items/1/tax_category",
    }
    assert site.count(Invoice) == site.count(Customer) == 0


def test_sums_that_are_given_are_checked_as_those_of_a_file(site: Site, key: dict[str, str]) -> None:
    refused = put(site, key, {"total": "107.00"}, expect=422)
    assert faults(refused) == {"/total": "is 107.00, subtotal + tax is 107.50: off by -0.50"}
    inclusive = {
        "items": [{"description": "Support", "quantity": "1", "unit_price": "45.45"}],
        "subtotal": "45.45",
        "tax_amount": "4.54",
        "total": "49.99",
    }
    shown = put(site, key, inclusive, expect=201)["invoice"]
    assert (shown["total"], shown["rounding_difference"]) == (49.99, -0.01)


def test_what_is_no_invoice_in_its_form_is_refused_as_any_body(site: Site, key: dict[str, str]) -> None:
    wrong: dict[str, Any] = {
        "payment_status": "paid",
        "tax_rate": 10,
        "notes": "a\x00b",
        "terms": "a\ud800b",
        "items": [{"description": "x", "quantity": "1", "unit_price": 7.5, "colour": "red"}],
    }
    answer = site.client.put(
        "/api/v1/invoices/a-1",
        content=json.dumps(BODY | wrong),
        headers=key | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert set(faults(answer.json())) == {
        "/payment_status",
        "/tax_rate",
        "/notes",
        "/terms",
        "/items/0/unit_price",
        "/items/0/colour",
    }
    assert site.client.put("/api/v1/invoices/%20", json=BODY, headers=key).status_code == 422
    assert site.client.put(f"/api/v1/invoices/{'x' * 201}", json=BODY, headers=key).status_code == 422
    assert put(site, key, {"items": []}, expect=422)["errors"][0]["pointer"] == "/items"


@pytest.mark.thorough
@pytest.mark.parametrize("field", FIELDS)
def test_no_value_of_a_field_breaks_the_server(site: Site, key: dict[str, str], field: str) -> None:
    headers = key | {"Content-Type": "application/json"}
    name = field.rpartition("/")[2]
    bodies = [
        BODY | ({"items": [BODY["items"][0] | {name: value}]} if "/" in field else {name: value})
        for value in ODD
    ]
    for body, value in zip(bodies, ODD, strict=True):
        answer = site.client.put("/api/v1/invoices/a-1", content=json.dumps(body), headers=headers)
        assert answer.status_code in (200, 201, 409, 422), value
    lines = "\n".join(json.dumps(body | {"external_ref": f"b-{at}"}) for at, body in enumerate(bodies))
    headers = key | {"Content-Type": "application/x-ndjson"}
    report = site.client.post("/api/v1/imports", content=lines, headers=headers)
    assert (report.status_code, report.json()["invoices"]) == (200, len(ODD))
