"""The staff API: keys decide, lists go by cursor, and every change is what the pages would do."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from paymail.models import ApiKey, InvoiceStatus, Message, MessageState, TimelineEvent
from paymail.services.access import api_keys
from tests.web.bearer import bearer
from tests.web.conftest import Site

V1 = "/api/v1"


def send(
    site: Site, headers: dict[str, str], body: object = None, key: str = ""
) -> tuple[int, dict[str, object]]:
    more = {"Idempotency-Key": key} if key else {}
    answer = site.client.post(f"{V1}/invoices/502/send", json=body or {}, headers=headers | more)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer pm_000000000000_" + "x" * 43},
        {"Authorization": "Basic cG06eA=="},
        {"Authorization": "Bearer " + "x" * 9000},
        {"Cookie": "paymail_session=made-up"},
    ],
)
def test_without_a_valid_key_the_answer_is_401_and_names_the_scheme(
    site: Site, headers: dict[str, str]
) -> None:
    answer = site.client.get(f"{V1}/invoices", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_refused")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_revoked_key_is_refused(site: Site) -> None:
    headers = bearer(site.app, "read")
    assert site.client.get(f"{V1}/invoices", headers=headers).status_code == 200
    with site.app.transaction() as session:
        api_keys.revoke(session, prefix=session.scalars(select(ApiKey.prefix)).one(), now=site.app.now())
    assert site.client.get(f"{V1}/invoices", headers=headers).status_code == 401


def test_a_staff_login_does_not_open_the_api_and_a_key_does_not_open_the_pages(site: Site) -> None:
    headers = bearer(site.app, "read", "write")
    assert site.client.get("/staff/", headers=headers, follow_redirects=False).status_code == 303
    site.log_in()
    assert site.client.get(f"{V1}/invoices").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/invoices/502/send"),
        ("POST", "/messages/1/cancel"),
        ("GET", "/messages/1/email.eml"),
        ("GET", "/messages/1/attached.pdf"),
        ("POST", "/suppressions"),
        ("POST", "/suppressions/lift"),
    ],
)
def test_a_key_that_only_reads_changes_nothing_and_sees_no_pay_link(
    site: Site, method: str, path: str
) -> None:
    site.invoice()
    body = {"address": "a@b.example", "reason": "x"} if "suppressions" in path else {}
    answer = site.client.request(method, V1 + path, json=body, headers=bearer(site.app, "read"))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert site.count(Message) == 0


@pytest.mark.parametrize("path", ["/invoices", "/invoices/502", "/messages", "/suppressions"])
def test_a_key_for_bounces_reads_nothing(site: Site, path: str) -> None:
    site.invoice()
    assert site.client.get(V1 + path, headers=bearer(site.app, "bounces")).status_code == 403


def test_wrong_keys_are_limited_per_address_and_then_a_right_one_must_wait_too(site: Site) -> None:
    right = bearer(site.app, "read")
    wrong = {"Authorization": "Bearer pm_000000000000_" + "x" * 43}
    statuses = [site.client.get(f"{V1}/messages", headers=wrong).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert site.client.get(f"{V1}/messages", headers=right).status_code == 429


def test_right_keys_are_limited_far_later(site: Site) -> None:
    headers = bearer(site.app, "read")
    assert {site.client.get(f"{V1}/messages", headers=headers).status_code for _ in range(30)} == {200}


def test_invoices_are_filtered_and_read_on_by_cursor(site: Site) -> None:
    headers = bearer(site.app, "read")
    for invoice_id, due_in in ((500, 1), (501, 5), (502, 9)):
        site.invoice(invoice_id, due_in=due_in, name="100% Cotton" if invoice_id == 501 else "Other")
    site.invoice(503, status=InvoiceStatus.VOID, due_in=30, name="Other")

    def ids(**query: object) -> list[int]:
        answer = site.client.get(f"{V1}/invoices", params=query, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return [row["invoice_id"] for row in answer.json()["data"]]

    assert ids() == [503, 502, 501, 500]
    assert ids(status="void") == [503]
    assert ids(customer="00% cot") == [501]
    assert ids(customer="0%C") == []
    assert ids(customer="c502@") == [502]
    assert ids(due_before="2026-03-22") == [500]
    assert ids(due_after="2026-03-22", status="sent") == [502]
    assert ids(payment_status="paid") == []
    first = site.client.get(f"{V1}/invoices", params={"limit": 3}, headers=headers).json()
    assert first["next"] == 501
    site.invoice(504)
    rest = site.client.get(f"{V1}/invoices", params={"limit": 3, "after": 501}, headers=headers).json()
    assert ([row["invoice_id"] for row in rest["data"]], rest["next"]) == ([500], None)


@pytest.mark.parametrize(
    "query",
    [
        "status=x",
        "limit=0",
        "limit=201",
        "after=0",
        f"after={2**63}",
        "due_before=soon",
        "customer=%00",
        "after=x",
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(site: Site, query: str) -> None:
    answer = site.client.get(f"{V1}/invoices?{query}", headers=bearer(site.app, "read"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_the_pay_link_is_shown_to_a_key_that_may_send_and_to_no_other(site: Site) -> None:
    token = site.invoice()
    send(site, bearer(site.app, "write"))
    seen = site.client.get(f"{V1}/invoices/502", headers=bearer(site.app, "read", "write")).json()
    assert seen["payment_url"] == f"https://pay.example/pay/{token}"
    assert (seen["canPay"], seen["total"], seen["customer_email"]) == (True, 82.5, "c502@customer.example")
    assert [message["kind"] for message in seen["messages"]] == ["invoice"]
    assert "email_queued" in [event["kind"] for event in seen["history"]]
    reading = bearer(site.app, "read")
    answers = [
        site.client.get(V1 + path, headers=reading)
        for path in ("/invoices/502", "/invoices", "/messages", "/messages/1")
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert answers[0].json()["payment_url"] is None
    assert token not in "".join(answer.text for answer in answers)


def test_sending_twice_is_one_email_and_again_is_a_further_copy(site: Site) -> None:
    site.invoice()
    headers = bearer(site.app, "write", name="Robot")
    results = [send(site, headers), send(site, headers), send(site, headers, {"again": True})]
    assert [(status, body["queued"]) for status, body in results] == [(202, True), (202, False), (202, True)]
    first, second, third = (body["message_id"] for _, body in results)
    assert first == second != third
    with site.app.reading() as session:
        assert {m.actor.partition(" (key ")[0] for m in session.scalars(select(Message))} == {"Robot"}


def test_with_an_idempotency_key_again_is_one_copy_however_often_it_arrives(site: Site) -> None:
    site.invoice()
    headers = bearer(site.app, "write")
    send(site, headers)
    results = [send(site, headers, {"again": True}, key="k-1") for _ in range(3)]
    assert [(status, body["queued"]) for status, body in results] == [(202, True), (202, False), (202, False)]
    assert (len({str(body["message_id"]) for _, body in results}), site.count(Message)) == (1, 2)
    assert send(site, headers, {"again": True}, key="k-2")[1]["queued"]
    status, problem = send(site, headers, {"again": False}, key="k-1")
    assert (status, problem["code"]) == (409, "idempotency_key_reused")
    other = bearer(site.app, "write", name="Other")
    assert send(site, other, {"again": True}, key="k-1")[1]["queued"]
    assert site.count(Message) == 4
    with site.app.reading() as session:
        details = " ".join(event.detail for event in session.scalars(select(TimelineEvent)))
    assert "k-1" not in details


def test_requests_with_one_key_that_race_are_one_copy(site: Site) -> None:
    site.invoice()
    headers = bearer(site.app, "write")
    results: list[tuple[int, dict[str, object]]] = []
    racers = [
        threading.Thread(target=lambda: results.append(send(site, headers, {"again": True}, key="race")))
        for _ in range(8)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert {status for status, _ in results} == {202}
    assert sorted(str(body["queued"]) for _, body in results) == ["False"] * 7 + ["True"]
    assert site.count(Message) == 1


def test_a_replay_is_answered_even_when_its_time_has_passed_meanwhile(site: Site) -> None:
    site.invoice()
    headers = bearer(site.app, "write")
    now = site.app.now
    at = (now() + timedelta(hours=1)).isoformat()
    first = send(site, headers, {"at": at}, key="k")
    object.__setattr__(site.app, "now", lambda: now() + timedelta(days=1))
    assert (first[0], send(site, headers, {"at": at}, key="k")[1]["message_id"]) == (
        202,
        first[1]["message_id"],
    )
    assert send(site, headers, {"at": at}, key="later")[1]["code"] == "bad_time"


def test_a_time_without_an_offset_is_the_issuers(site: Site) -> None:
    site.invoice()
    year = site.app.now().year + 1
    assert send(site, bearer(site.app, "write"), {"at": f"{year}-06-01T09:00"})[0] == 202
    seen = site.client.get(f"{V1}/messages/1", headers=bearer(site.app, "read")).json()
    assert seen["due_at"] == f"{year}-05-31T23:00:00Z"


@pytest.mark.parametrize(
    "body",
    [
        {"at": "soon"},
        {"at": "2020-01-01T09:00"},
        {"agian": True},
        {"again": "yes"},
        {"at": 5},
        {"at": "x" * 41},
    ],
)
def test_a_body_that_is_not_as_described_sends_nothing(site: Site, body: object) -> None:
    site.invoice()
    assert send(site, bearer(site.app, "write"), body)[0] == 422
    assert site.count(Message) == 0


def test_what_cannot_be_sent_says_why(site: Site) -> None:
    site.invoice(status=InvoiceStatus.VOID)
    headers = bearer(site.app, "write")
    assert send(site, headers)[1]["code"] == "not_sendable"
    answer = site.client.post(f"{V1}/invoices/999/send", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_invoice")


def test_messages_are_filtered_and_read_on_by_cursor(site: Site) -> None:
    headers = bearer(site.app, "read", "write")
    for invoice_id in (501, 502):
        site.invoice(invoice_id)
        site.client.post(f"{V1}/invoices/{invoice_id}/send", json={}, headers=headers)
    site.client.post(f"{V1}/messages/1/cancel", headers=headers)

    def ids(**query: object) -> list[int]:
        answer = site.client.get(f"{V1}/messages", params=query, headers=headers)  # type: ignore[arg-type]
        return [row["message_id"] for row in answer.json()["data"]]

    assert ids() == [2, 1]
    assert ids(state="cancelled") == [1]
    assert ids(invoice=502) == [2]
    assert ids(kind="reminder") == []
    assert ids(after=2) == [1]


def test_cancel_works_until_handover_and_says_so_afterwards(site: Site) -> None:
    site.invoice()
    headers = bearer(site.app, "read", "write")
    send(site, headers)
    answer = site.client.post(f"{V1}/messages/1/cancel", headers=headers)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    again = site.client.post(f"{V1}/messages/1/cancel", headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "too_late")
    assert site.client.post(f"{V1}/messages/9/cancel", headers=headers).status_code == 404


def test_the_proof_is_the_bytes_that_were_handed_over(site: Site) -> None:
    site.invoice()
    headers = bearer(site.app, "read", "write")
    send(site, headers)
    assert site.client.get(f"{V1}/messages/1/email.eml", headers=headers).json()["code"] == "not_written_yet"
    site.sweep()
    (file,) = site.app.mailbox.glob("*.eml")
    eml = site.client.get(f"{V1}/messages/1/email.eml", headers=headers)
    assert (eml.content, eml.headers["content-type"]) == (file.read_bytes(), "message/rfc822")
    pdf = site.client.get(f"{V1}/messages/1/attached.pdf", headers=headers)
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["content-disposition"].startswith("attachment")
    seen = site.client.get(f"{V1}/messages/1", headers=headers).json()
    assert (seen["state"], [one["verdict"] for one in seen["tries"]]) == (MessageState.SENT, ["sent"])


def test_an_email_without_attachment_has_no_pdf(site: Site) -> None:
    site.invoice()
    headers = bearer(site.app, "write")
    send(site, headers)
    site.sweep()
    with site.app.transaction() as session:
        session.get_one(Message, 1).pdf_sha256 = None
    answer = site.client.get(f"{V1}/messages/1/attached.pdf", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "nothing_attached")


def test_addresses_are_suppressed_once_and_lifted_with_a_reason(site: Site) -> None:
    headers = bearer(site.app, "read", "write", name="Robot")

    def post(path: str, **body: str) -> tuple[int, dict[str, object]]:
        answer = site.client.post(f"{V1}/suppressions{path}", json=body, headers=headers)
        return answer.status_code, answer.json()

    assert post("", address="Old@Customer.example", detail="asked by phone") == (200, {"suppressed": True})
    assert post("", address="old@customer.EXAMPLE") == (200, {"suppressed": False})
    (row,) = site.client.get(f"{V1}/suppressions", headers=headers).json()["data"]
    assert (row["address"], row["detail"]) == ("old@customer.example", "asked by phone")
    assert row["created_by"].startswith("Robot (key ")
    assert post("/lift", address="old@customer.example", reason=" ")[1]["code"] == "no_reason"
    assert post("/lift", address="old@customer.example", reason="new owner") == (200, {"released": 0})
    assert post("/lift", address="old@customer.example", reason="x")[0] == 404
    assert site.client.get(f"{V1}/suppressions", headers=headers).json()["data"] == []
    ended = site.client.get(f"{V1}/suppressions", params={"lifted": True}, headers=headers).json()
    assert [row["lift_reason"] for row in ended["data"]] == ["new owner"]


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c", "a b@c.example", "a@b.example\n", "İ" * 64 + "@" + "İ" * 200]
)
def test_what_is_no_address_is_not_suppressed(site: Site, address: str) -> None:
    answer = site.client.post(
        f"{V1}/suppressions", json={"address": address}, headers=bearer(site.app, "write")
    )
    assert (answer.status_code, answer.json()["code"] in ("invalid_input", "bad_address")) == (422, True)


@pytest.mark.parametrize("domain", ["İ" * 90, "İ" * 189, "x" * 189])
def test_an_address_that_grows_in_lower_case_is_refused_and_breaks_nothing(site: Site, domain: str) -> None:
    for path, more in (("", {}), ("/lift", {"reason": "x"})):
        answer = site.client.post(
            f"{V1}/suppressions{path}",
            json={"address": "İ" * 64 + "@" + domain, **more},
            headers=bearer(site.app, "write"),
        )
        assert answer.status_code in (404, 422)


def test_what_cannot_be_paid_online_is_said_when_it_is_sent_and_shown(site: Site) -> None:
    site.invoice(currency="KWD", subtotal=31_619, tax=3_162)
    site.invoice(503)
    headers = bearer(site.app, "write", "read")
    assert send(site, headers)[1]["not_online"] == "last_digit"
    found = [
        site.client.get(f"/api/v1/invoices/{n}", headers=headers).json()["not_online"] for n in (502, 503)
    ]
    assert found == ["last_digit", None]
