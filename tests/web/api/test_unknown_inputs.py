"""The staff API takes nothing that it does not know: each unknown name is refused, and told what is known."""

from typing import Any

import pytest

from tests.web.bearer import bearer
from tests.web.conftest import Site

MISFIT = "The request does not match the API schema."


def asked(
    site: Site, method: str, path: str, kind: str = "application/json", **more: Any
) -> tuple[int, list[dict[str, str]]]:
    """Return the status of a request and the faults that its answer names."""
    headers = bearer(site.app, "read", "write", "bounces") | {"Content-Type": kind}
    answer = site.client.request(method, f"/api/v1{path}", headers=headers, **more)
    found: dict[str, Any] = answer.json() if answer.content else {}
    return answer.status_code, found.get("errors", [])


def test_an_unknown_query_parameter_is_named_with_those_that_are_known(site: Site) -> None:
    status, errors = asked(site, "GET", "/messages?updated_since=2026-01-01&limit=3")
    assert status == 422
    assert errors == [
        {
            "parameter": "updated_since",
            "detail": "Unknown query parameter. Known parameters: after, invoice, kind, limit, state.",
        }
    ]


def test_a_parameter_is_known_by_the_name_that_is_documented(site: Site) -> None:
    assert asked(site, "GET", "/events?type=payment_intent.succeeded")[0] == 200
    assert asked(site, "GET", "/events?type_=payment_intent.succeeded")[0] == 422


def test_a_wrong_value_is_named_and_not_quoted(site: Site) -> None:
    status, errors = asked(site, "GET", "/invoices?limit=sk_live_1234&due_before=soon")
    assert status == 422
    assert [error["parameter"] for error in errors] == ["due_before", "limit"]
    assert "sk_live" not in str(errors)
    assert "soon" not in str(errors)


def test_every_fault_of_a_body_has_its_pointer(site: Site) -> None:
    body = {"amount": 12, "chanel": "cash", "a/b~c": 1}
    status, errors = asked(site, "POST", "/invoices/502/payments", json=body)
    known = "Known fields: allow_overpayment, amount, channel, paid_on, reference."
    assert status == 422
    assert {error["pointer"]: error["detail"] for error in errors} == {
        "/amount": "Input should be a valid string",
        "/channel": "Field required",
        "/chanel": f"Unknown field. {known}",
        "/a~1b~0c": f"Unknown field. {known}",
    }


def test_of_several_kinds_of_body_the_nearest_one_is_explained(site: Site) -> None:
    body = {"instalments": [{"due": "2026-12-01", "amount": "1.00"}, {"due": "2026-12-02", "sum": "1.00"}]}
    status, errors = asked(site, "PUT", "/invoices/502/plan", json=body)
    assert (status, errors) == (
        422,
        [
            {"pointer": "/instalments/1/amount", "detail": "Field required"},
            {"pointer": "/instalments/1/sum", "detail": "Unknown field. Known fields: amount, due."},
        ],
    )


@pytest.mark.parametrize(
    ("body", "pointers"),
    [(b'{"why": "late"}', ["/why"]), (b"[1]", [""]), (b"nonsense", [""]), (b"{}", []), (b"", [])],
)
def test_a_route_without_a_body_takes_none(site: Site, body: bytes, pointers: list[str]) -> None:
    status, errors = asked(site, "POST", "/messages/1/cancel", content=body)
    assert status == (422 if pointers else 404)
    assert [error["pointer"] for error in errors] == pointers


def test_a_name_that_no_text_can_hold_is_answered_and_a_secret_in_it_hidden(site: Site) -> None:
    assert asked(site, "POST", "/suppressions", content=b'{"\\ud800": 1}')[0] == 422
    assert asked(site, "POST", "/messages/1/cancel", content=b'{"\\ud800": 1}')[0] == 422
    for raw in (b'{"' + b"a" * 64 + b'": 1}', b'{"' + b"x" * 5000 + b'": 1}'):
        status, errors = asked(site, "POST", "/suppressions", content=raw)
        assert status == 422
        assert 1 < len(errors[-1]["pointer"]) < 100
        assert "a" * 64 not in str(errors)


def test_a_body_that_is_no_json_is_told_so(site: Site) -> None:
    assert asked(site, "POST", "/suppressions", content=b"{") == (
        422,
        [{"pointer": "", "detail": "The body is not valid JSON."}],
    )
    assert asked(site, "POST", "/suppressions", kind="text/plain", content=b"{}") == (
        422,
        [{"pointer": "", "detail": "A JSON object is needed; a body is sent as application/json."}],
    )


def test_who_has_no_key_is_told_of_the_key_alone(site: Site) -> None:
    wrong = {"Authorization": "Bearer pm_000000000000_wrong"}
    answer = site.client.get("/api/v1/invoices?updated_since=1", headers=wrong)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_refused")
    reader = bearer(site.app, "read")
    answer = site.client.post("/api/v1/messages/1/cancel?x=1", headers=reader)
    assert answer.status_code == 403


def test_the_routes_behind_a_pay_link_go_on_taking_what_the_seeds_clients_send(site: Site) -> None:
    token = site.invoice()
    path = f"/api/public/pay/{token}"
    assert site.client.get(f"{path}?utm_source=mail").status_code == 200
    answer = site.client.post(f"{path}/create-payment?x=1", json={"invoiceId": 502})
    assert answer.status_code == 200
    refused = site.client.post(f"{path}/promise", json={"date": "soon"}).json()
    assert (refused["detail"], "errors" in refused) == (MISFIT, False)
