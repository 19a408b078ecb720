"""The staff API of an invoice's money."""

from typing import Any

import pytest
from sqlalchemy import select

from paymail.models import InvoiceStatus, Issuer, Message, Payment, Refund
from tests.web.bearer import bearer
from tests.web.conftest import Site

V1 = "/api/v1"
PAID = {"amount": "82.50", "channel": "bank_transfer", "reference": "INV 502"}


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    site.invoice()
    return bearer(site.app, "read", "write")


def ask(
    site: Site, key: dict[str, str], method: str, path: str, body: object = None, expect: int = 200
) -> dict[str, Any]:
    given = {} if body is None else {"json": body}
    answer = site.client.request(method, f"{V1}{path}", headers=key, **given)  # type: ignore[arg-type]
    assert answer.status_code == expect, answer.text
    found: dict[str, Any] = answer.json()
    return found


def post(
    site: Site, key: dict[str, str], path: str, body: object = None, expect: int = 200
) -> dict[str, Any]:
    return ask(site, key, "POST", path, body, expect)


def receipts(site: Site) -> int:
    with site.app.reading() as session:
        return len(list(session.scalars(select(Message).where(Message.kind == "receipt"))))


def test_a_payment_is_recorded_once_by_its_key(site: Site, key: dict[str, str]) -> None:
    with_key = key | {"Idempotency-Key": "bank 1"}
    first = post(site, with_key, "/invoices/502/payments", PAID, 201)
    assert post(site, with_key, "/invoices/502/payments", PAID, 201) == first
    assert (first["amount"], first["receipt_number"], first["refundable"]) == (82.5, "R-000001", 82.5)
    assert first["recorded_by"].startswith("Test (key ")
    assert (site.count(Payment), receipts(site)) == (1, 1)
    other = post(site, with_key, "/invoices/502/payments", PAID | {"reference": "INV 503"}, 409)
    assert other["code"] == "idempotency_key_reused"
    # Another holder's key of the same name is another key.
    strangers = bearer(site.app, "write", name="Other") | {"Idempotency-Key": "bank 1"}
    assert post(site, strangers, "/invoices/502/payments", PAID, 409)["code"] == "more_than_owed"


def test_more_than_is_owed_must_be_said_to_be_meant(site: Site, key: dict[str, str]) -> None:
    body = PAID | {"amount": "100"}
    assert post(site, key, "/invoices/502/payments", body, 409)["code"] == "more_than_owed"
    post(site, key, "/invoices/502/payments", body | {"allow_overpayment": True}, 201)
    found = ask(site, key, "GET", "/invoices/502/payments")
    assert (found["overpaid"], found["balance"], found["amount_paid"]) == (17.5, 0, 100)


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 82.5, "channel": "cash"},
        {"amount": "82.505", "channel": "cash"},
        {"amount": "1e2", "channel": "cash"},
        {"amount": "-1", "channel": "cash"},
        {"amount": "0", "channel": "cash"},
        {"amount": "99999999999", "channel": "cash"},
        {"amount": "1", "channel": "stripe"},
        {"amount": "1", "channel": "cash", "paid_on": "2999-01-01"},
        {"amount": "1", "channel": "cash", "ammount": "1"},
    ],
)
def test_a_payment_that_cannot_be_is_refused(site: Site, key: dict[str, str], body: object) -> None:
    post(site, key, "/invoices/502/payments", body, 422)
    assert site.count(Payment) == 0


def test_a_refund_is_asked_for_once_by_its_key_and_listed(site: Site, key: dict[str, str]) -> None:
    number = post(site, key, "/invoices/502/payments", PAID, 201)["payment_id"]
    with_key, path = key | {"Idempotency-Key": "r1"}, f"/payments/{number}/refunds"
    body = {"amount": "20.00", "reason": "An hour less"}
    first = post(site, with_key, path, body, 202)
    assert post(site, with_key, path, body, 202) == first
    assert (first["status"], first["credit_note"], first["channel"]) == (
        "succeeded",
        "CN-000001",
        "bank_transfer",
    )
    assert post(site, with_key, path, body | {"amount": "21.00"}, 409)["code"] == "idempotency_key_reused"
    assert post(site, key, path, {"amount": "62.51"}, 422)["code"] == "bad_refund"
    assert post(site, key, path, {"amount": "1", "channel": "stripe"}, 422)["code"] == "bad_refund"
    found = ask(site, key, "GET", "/invoices/502/payments")
    assert [row["amount"] for row in found["refunds"]] == [20]
    assert (found["amount_refunded"], found["amount_credited"], found["disputes"]) == (20, 20, [])
    detail = ask(site, key, "GET", "/invoices/502")
    assert (detail["amount_refunded"], detail["payment_status"]) == (20, "partially_refunded")
    assert site.count(Refund) == 1


def test_a_key_asks_for_a_large_refund_and_withdraws_its_own_but_never_sets_the_sum(
    site: Site, key: dict[str, str]
) -> None:
    post(site, key, "/invoices/502/payments", PAID, 201)
    told = ask(site, key, "PATCH", "/issuers/1", {"refund_approval_from": None}, 422)
    assert told["errors"][0]["pointer"] == "/refund_approval_from"
    with site.app.transaction() as session:
        session.query(Issuer).one().refund_approval_from = 5000
    assert ask(site, key, "GET", "/issuers/1")["refund_approval_from"] == 50
    asked = post(site, key, "/payments/1/refunds", {"amount": "50"}, 202)
    assert (asked["status"], asked["decided_by"]) == ("proposed", "")
    strangers = bearer(site.app, "write", name="Other")
    assert post(site, strangers, "/refunds/1/withdraw", expect=403)["code"] == "not_your_refund"
    assert post(site, key, "/refunds/1/withdraw")["status"] == "withdrawn"
    assert post(site, key, "/refunds/1/withdraw", expect=409)["code"] == "refund_already_decided"
    assert post(site, key, "/refunds/9/withdraw", expect=404)["code"] == "no_such_refund"


def test_what_is_owed_is_credited_once_by_its_key(site: Site, key: dict[str, str]) -> None:
    once = key | {"Idempotency-Key": "c"}
    body = {"amount": "20", "reason": "less"}
    first = post(site, once, "/invoices/502/credit-notes", body, 201)
    assert post(site, once, "/invoices/502/credit-notes", body, 201) == first
    assert (first["payment_id"], first["amount"], first["credited"]) == (None, 0, 20)
    assert first["credit_note"] == "CN-000001"
    money = ask(site, key, "GET", "/invoices/502/payments")
    assert (money["balance"], money["refunds"]) == (62.5, [first])
    post(site, key, "/invoices/502/credit-notes", body | {"amount": "63"}, 422)
    post(site, key, "/invoices/502/credit-notes", {"reason": ""}, 422)
    assert post(site, key, "/invoices/502/credit-notes", {"reason": "all"}, 201)["credited"] == 62.5
    code = post(site, key, "/invoices/502/credit-notes", {"reason": "all"}, 409)["code"]
    assert code == "not_refundable"


def test_receipts_and_credit_notes_are_sent_again_and_downloaded(site: Site, key: dict[str, str]) -> None:
    number = post(site, key, "/invoices/502/payments", PAID, 201)["payment_id"]
    refund = post(site, key, f"/payments/{number}/refunds", {"amount": "1"}, 202)["refund_id"]
    with_key = key | {"Idempotency-Key": "copy"}
    first = post(site, with_key, f"/payments/{number}/receipt", expect=202)
    assert first["queued"]
    again = post(site, with_key, f"/payments/{number}/receipt", expect=202)
    assert again == {"message_id": first["message_id"], "queued": False}
    assert post(site, key, f"/payments/{number}/receipt", expect=202)["queued"]
    assert receipts(site) == 3
    for path in (f"/payments/{number}/receipt.pdf", f"/refunds/{refund}/credit-note.pdf"):
        answer = site.client.get(f"{V1}{path}", headers=key)
        assert (answer.headers["content-type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert ask(site, key, "GET", "/payments/77/receipt.pdf", expect=404)["code"] == "no_such_payment"
    assert ask(site, key, "GET", "/refunds/77/credit-note.pdf", expect=404)["code"] == "no_credit_note"


def test_a_write_off_is_repeatable_and_undone(site: Site, key: dict[str, str]) -> None:
    body = {"amount": "2.50", "reason": "fee", "written_off_before": "0"}
    for _ in range(2):
        found = post(site, key, "/invoices/502/write-off", body)
        assert (found["amount_written_off"], found["balance"]) == (2.5, 80)
    post(site, key, "/invoices/502/write-off", body | {"amount": "3"}, 409)
    assert post(site, key, "/invoices/502/write-off", {"reason": "insolvent"})["balance"] == 0
    assert ask(site, key, "DELETE", "/invoices/502/write-off")["balance"] == 82.5
    ask(site, key, "DELETE", "/invoices/502/write-off", expect=409)


def test_an_invoice_with_money_is_not_voided_and_one_without_is(site: Site, key: dict[str, str]) -> None:
    site.invoice(503)
    post(site, key, "/invoices/502/payments", PAID | {"amount": "1"}, 201)
    assert post(site, key, "/invoices/502/void", {"reason": "twice"}, 409)["code"] == "not_recordable"
    assert post(site, key, "/invoices/503/void", {"reason": "twice"})["status"] == "void"
    post(site, key, "/invoices/503/payments", PAID, 409)


def test_part_payments_are_set_and_unset(site: Site, key: dict[str, str]) -> None:
    path = "/invoices/502/part-payments"
    assert ask(site, key, "PUT", path, {"minimum": "50.00"})["part_minimum"] == 50
    for wrong in ({"minimum": "0"}, {"minimum": "82.51"}, {"minimum": 50}, {}):
        ask(site, key, "PUT", path, wrong, 422)
    assert ask(site, key, "PUT", path, {"minimum": None})["part_minimum"] is None


@pytest.mark.parametrize(
    ("currency", "amount", "number"), [("JPY", "500", 500), ("KWD", "1.250", 1.25), ("KWD", "0.005", 0.005)]
)
def test_amounts_have_the_currencys_decimals(
    site: Site, key: dict[str, str], currency: str, amount: str, number: float
) -> None:
    site.invoice(503, currency=currency)
    body = {"amount": amount, "channel": "cash"}
    assert post(site, key, "/invoices/503/payments", body, 201)["amount"] == number
    wrong = "500.5" if currency == "JPY" else "1.2505"
    post(site, key, "/invoices/503/payments", body | {"amount": wrong}, 422)


WRITES = [
    ("POST", "/invoices/502/payments", PAID),
    ("POST", "/payments/1/refunds", {"amount": "1"}),
    ("POST", "/payments/1/receipt", None),
    ("POST", "/invoices/502/write-off", {"reason": "r"}),
    ("DELETE", "/invoices/502/write-off", None),
    ("POST", "/invoices/502/void", {"reason": "r"}),
    ("PUT", "/invoices/502/part-payments", {"minimum": "1"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_key_that_only_reads_moves_no_money(
    site: Site, key: dict[str, str], method: str, path: str, body: object
) -> None:
    reader = bearer(site.app, "read", name="Reader")
    assert ask(site, reader, method, path, body, 403)["status"] == 403
    assert ask(site, reader, "GET", "/invoices/502/payments")["payments"] == []


def test_a_draft_is_issued_once_and_a_void_invoice_never(site: Site, key: dict[str, str]) -> None:
    site.invoice(503, status=InvoiceStatus.DRAFT)
    for _twice in range(2):
        assert post(site, key, "/invoices/503/issue")["status"] == "sent"
    shown = ask(site, key, "GET", "/invoices/503")
    assert [event["kind"] for event in shown["history"]] == ["issued"]
    assert shown["messages"] == []
    post(site, key, "/invoices/503/void", {"reason": "wrong price"})
    assert post(site, key, "/invoices/503/issue", expect=409)["code"] == "illegal_move"
    post(site, key, "/invoices/9/issue", expect=404)
    post(site, bearer(site.app, "read"), "/invoices/502/issue", expect=403)
