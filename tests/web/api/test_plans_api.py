"""Payment plans in the staff API, and what the public API says of them."""

from typing import Any

import pytest
from sqlalchemy import select

from paymail.models import PaymentPlan, TimelineEvent
from tests.factories import NOW
from tests.web.bearer import bearer
from tests.web.conftest import Site

PATH = "/api/v1/invoices/502/plan"
EQUAL = {"count": 3, "cadence": "monthly", "first": "2026-04-01"}
GIVEN = {"instalments": [{"due": "2026-04-01", "amount": "50.00"}, {"due": "2026-05-01", "amount": "32.5"}]}


@pytest.fixture
def site(site: Site) -> Site:
    """Invoice 502 over AUD 82.50; it is 17 March 2026."""
    object.__setattr__(site.app, "now", lambda: NOW)
    site.invoice()
    return site


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    return bearer(site.app, "read", "write")


def ask(
    site: Site, key: dict[str, str], method: str, body: object = None, expect: int = 200
) -> dict[str, Any]:
    given: Any = {} if body is None else {"json": body}
    answer = site.client.request(method, PATH, headers=key, **given)
    assert answer.status_code == expect, answer.text
    found: dict[str, Any] = answer.json()
    return found


def end(site: Site, key: dict[str, str], expect: int, query: str = "?reason=moved") -> None:
    answer = site.client.delete(f"{PATH}{query}", headers=key)
    assert answer.status_code == expect, answer.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (EQUAL, [("2026-04-01", 27.5), ("2026-05-01", 27.5), ("2026-06-01", 27.5)]),
        (
            {"deposit": "20.00", "deposit_due": "2026-03-17", "rest_due": "2026-05-01"},
            [("2026-03-17", 20), ("2026-05-01", 62.5)],
        ),
        (GIVEN, [("2026-04-01", 50), ("2026-05-01", 32.5)]),
    ],
)
def test_a_plan_is_agreed_by_each_form_and_the_same_request_again_changes_nothing(
    site: Site, key: dict[str, str], body: object, expected: list[tuple[str, float]]
) -> None:
    first = ask(site, key, "PUT", body)
    assert ask(site, key, "PUT", body) == first == ask(site, key, "GET")
    assert [(row["due_date"], row["amount"]) for row in first["plan"]] == expected
    assert (first["asked"], first["least_payment"], first["balance"]) == (
        expected[0][1],
        expected[0][1],
        82.5,
    )
    assert first["agreed_by"].startswith("Test (key ")
    assert site.count(PaymentPlan) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_input"),
        (EQUAL | GIVEN, "invalid_input"),
        (EQUAL | {"count": "3"}, "invalid_input"),
        (EQUAL | {"count": 61}, "invalid_input"),
        (EQUAL | {"cadence": "daily"}, "invalid_input"),
        (EQUAL | {"first": "9999-12-31"}, "bad_plan"),
        ({"instalments": []}, "invalid_input"),
        ({"instalments": [{"due": "2026-04-01", "amount": 82.5}]}, "invalid_input"),
        ({"instalments": [{"due": "2026-04-01", "amount": "82.49"}]}, "bad_plan"),
        ({"instalments": [{"due": "2026-04-01", "amount": "82.505"}]}, "bad_amount"),
        ({"deposit": "82.50", "deposit_due": "2026-04-01", "rest_due": "2026-05-01"}, "bad_plan"),
        ({"deposit": "20.00", "deposit_due": "2026-04-01"}, "invalid_input"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(site: Site, key: dict[str, str], body: object, code: str) -> None:
    assert ask(site, key, "PUT", body, 422)["code"] == code
    assert ask(site, key, "GET")["plan"] == []


def test_a_plan_is_replaced_and_ended_once_with_a_reason(site: Site, key: dict[str, str]) -> None:
    ask(site, key, "PUT", EQUAL)
    assert len(ask(site, key, "PUT", GIVEN)["plan"]) == 2
    for query in ("", "?reason=", "?reason=%00", f"?reason={'r' * 301}"):
        end(site, key, 422, query)
    end(site, key, 204)
    end(site, key, 409)
    found = ask(site, key, "GET")
    assert (found["plan"], found["agreed_by"], found["agreed_at"], found["asked"]) == ([], None, None, 82.5)
    with site.app.reading() as session:
        kinds = session.scalars(select(TimelineEvent.kind).order_by(TimelineEvent.event_id)).all()
    assert [kind for kind in kinds if kind.startswith("plan")] == ["plan_agreed"] * 2 + ["plan_ended"]


def test_a_key_that_only_reads_makes_and_ends_no_plan(site: Site, key: dict[str, str]) -> None:
    ask(site, key, "PUT", EQUAL)
    reader = bearer(site.app, "read", name="Reader")
    ask(site, reader, "PUT", GIVEN, 403)
    end(site, reader, 403)
    assert len(ask(site, reader, "GET")["plan"]) == 3


def test_yen_have_no_decimals(site: Site, key: dict[str, str]) -> None:
    site.invoice(503, currency="JPY")
    path = PATH.replace("502", "503")
    body = {"deposit": "2000.5", "deposit_due": "2026-04-01", "rest_due": "2026-05-01"}
    assert site.client.put(path, headers=key, json=body).json()["code"] == "bad_amount"
    found = site.client.put(path, headers=key, json=body | {"deposit": "2000"}).json()
    assert [row["amount"] for row in found["plan"]] == [2000, 6250]


def test_the_customers_view_and_the_invoice_tell_the_plan(site: Site, key: dict[str, str]) -> None:
    ask(site, key, "PUT", EQUAL)
    body = {"amount": "30.00", "channel": "cash"}
    assert site.client.post("/api/v1/invoices/502/payments", headers=key, json=body).status_code == 201
    invoice = site.client.get("/api/v1/invoices/502", headers=key).json()
    public = site.client.get(f"/api/public/pay/{invoice['payment_url'].rpartition('/')[2]}").json()
    for found in (invoice, public):
        assert found["plan"] == [
            {"position": 1, "due_date": "2026-04-01", "amount": 27.5, "open": 0},
            {"position": 2, "due_date": "2026-05-01", "amount": 27.5, "open": 25},
            {"position": 3, "due_date": "2026-06-01", "amount": 27.5, "open": 27.5},
        ]
        assert (found["asked"], found["least_payment"]) == (25, 25)


def test_without_a_plan_the_customer_is_asked_for_the_balance(site: Site) -> None:
    token = site.invoice(504)
    found = site.client.get(f"/api/public/pay/{token}").json()
    assert (found["plan"], found["asked"], found["least_payment"]) == ([], 82.5, 82.5)
