"""Pay links from outside: every route asks the same of a token, and a new link tells nobody anything."""

import hashlib
import html
import re
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select

from paymail.models import Customer, Invoice, InvoiceStatus, Issuer, Message, PaymentAttempt, ReplacedToken
from paymail.models.payment import AttemptStatus
from paymail.services.links import pay_links
from paymail.settings import Settings
from tests.factories import NOW, make_invoice
from tests.structure.test_house import routes_of
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site

BODIES = {
    "confirm-payment": {"paymentIntentId": "pi_123"},
    "promise": {"date": "2026-12-01"},
    "remove": {"id": 1},
    "objection": {"reason": "price"},
    "copy": {"to": "a@b.example", "receipt": 1},
}
FORMS = {"remove": {"method": "1"}, "wrong": {"reason": "price"}, "copy": {"email": "a@b.example"}}
UNKNOWN = ["0" * 64, "x", "A" * 64, "0" * 63, "0" * 65, "%00", "é", "0" * 300]
VOID = {
    ("/pay/{token}", "GET"): 200,
    ("/pay/{token}/renew", "POST"): 202,
    ("/api/public/pay/{token}", "GET"): 200,
    ("/api/public/pay/{token}/create-payment", "POST"): 409,
    ("/api/public/pay/{token}/confirm-payment", "POST"): 409,
    ("/api/public/pay/{token}/invoice.pdf", "GET"): 200,
    ("/api/public/pay/{token}/receipt.pdf", "GET"): 404,
    ("/api/public/pay/{token}/receipts/{number}.pdf", "GET"): 404,
    ("/api/public/pay/{token}/credit-notes/{refund_id}.pdf", "GET"): 404,
    ("/api/public/pay/{token}/renew", "POST"): 202,
    ("/pay/{token}/paid", "POST"): 303,
    ("/pay/{token}/promise", "POST"): 303,
    ("/pay/{token}/another-way", "POST"): 303,
    ("/pay/{token}/wrong", "POST"): 303,
    ("/pay/{token}/copy", "POST"): 303,
    ("/pay/{token}/invoice.pdf", "POST"): 303,
    ("/api/public/pay/{token}/objection", "POST"): 409,
    ("/api/public/pay/{token}/copy", "POST"): 404,
    ("/pay/{token}/saved-method/remove", "POST"): 303,
    ("/api/public/pay/{token}/already-paid", "POST"): 409,
    ("/api/public/pay/{token}/promise", "POST"): 409,
    ("/api/public/pay/{token}/saved-method/remove", "POST"): 404,
}
"""What each public route answers for a void invoice's link; every route must be here."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Limits that are not what is tested here."""
    rates = {name: "1000000/minute" for name in Settings.model_fields if name.endswith("rate_limit")}
    return settings.model_copy(update=rates)


def call(site: Site, route: tuple[str, str], token: str) -> Any:
    path, method = route
    name, api = path.rpartition("/")[2], path.startswith("/api")
    body, form = (BODIES.get(name), None) if api else (None, FORMS.get(name))
    address = path.replace("{token}", token).replace("{number}", "1").replace("{refund_id}", "1")
    return site.client.request(method, address, json=body, data=form, follow_redirects=False)


def headers(answer: Response) -> str:
    """Return the headers of an answer but for the id of its request, which tells nothing of the link."""
    return str(sorted(item for item in answer.headers.items() if item[0] != "x-request-id"))


def test_every_route_with_a_token_is_tested_here(site: Site) -> None:
    assert {pair for pair in routes_of(site) if "{token}" in pair[0]} == set(VOID)


@pytest.mark.parametrize("route", VOID, ids=lambda route: f"{route[1]} {route[0]}")
def test_every_route_asks_the_same_of_a_link(site: Site, route: tuple[str, str]) -> None:
    draft, void = site.invoice(1, status=InvoiceStatus.DRAFT), site.invoice(2, status=InvoiceStatus.VOID)
    revoked, replaced, expired = site.invoice(3), site.invoice(4), site.invoice(5)
    with site.app.transaction() as session:
        pay_links.revoke(session, invoice_id=3, actor="vera", now=site.app.now())
        pay_links.regenerate(session, invoice_id=4, actor="vera", now=site.app.now())
    site.expire(5)
    asked = route[0].endswith("/renew")
    answers = [call(site, route, token) for token in (*UNKNOWN, draft, revoked)]
    assert {answer.status_code for answer in answers} == {202 if asked else 404}
    assert len({answer.content for answer in answers}) == 1
    assert len({headers(answer) for answer in answers}) == 1
    assert call(site, route, void).status_code == VOID[route]
    for gone in (call(site, route, expired), call(site, route, replaced)):
        assert gone.status_code == (202 if asked else 410)
        if asked:
            assert gone.content == answers[0].content
            assert headers(gone) == headers(answers[0])


@pytest.mark.parametrize("route", VOID, ids=lambda route: f"{route[1]} {route[0]}")
def test_a_replaced_link_tells_the_day_and_nothing_of_its_customer_or_money(
    site: Site, route: tuple[str, str]
) -> None:
    object.__setattr__(site.app, "now", lambda: NOW)
    if route[0].endswith("/renew"):
        return  # whatever the token, the answer is the same: see above
    with site.app.transaction() as session:
        rich = make_invoice(session, invoice_id=1, name="Rich Customer", subtotal=99900).payment_token or ""
        poor = make_invoice(session, invoice_id=2, name="Poor Customer", subtotal=1).payment_token or ""
        for number in (1, 2):
            pay_links.regenerate(session, invoice_id=number, actor="vera", now=NOW)
    told, other = (call(site, route, token) for token in (rich, poor))
    assert told.status_code == 410
    assert told.text.replace(rich, "TOKEN").replace("#1", "#2") == other.text.replace(poor, "TOKEN")
    assert headers(told) == headers(other)
    assert not re.search("Customer|customer.example|999", told.text.replace(rich, "TOKEN"))
    if route[0].startswith("/api"):
        detail = "this payment link was replaced on 2026-03-17; look for the newer email"
        assert (told.json()["code"], told.json()["detail"]) == ("link_replaced", detail)
    else:
        assert "It was replaced on March 17, 2026" in told.text
        assert f'action="/pay/{rich}/renew"' in told.text


def test_the_page_of_a_replaced_link_speaks_the_browsers_language(site: Site) -> None:
    old = site.invoice()
    with site.app.transaction() as session:
        pay_links.regenerate(session, invoice_id=502, actor="vera", now=NOW)
    page = site.client.get(f"/pay/{old}", headers={"Accept-Language": "de"}).text
    assert "Dieser Zahlungslink wurde ersetzt" in page


@pytest.mark.parametrize("locale", ["", "de-DE", "ar"])
def test_the_page_of_an_ended_link_names_its_issuer_and_the_subject_to_look_for(
    site: Site, locale: str
) -> None:
    old = site.invoice()
    with site.app.transaction() as session:
        issuer = session.scalars(select(Issuer)).one()
        issuer.tax_id, issuer.phone = "51824753556", "(02) 5550 0100"
        invoice = session.get_one(Invoice, 502)
        session.get_one(Customer, invoice.customer_id).locale = locale
    site.expire()
    page = html.unescape(site.client.get(f"/pay/{old}").text)
    for words in ("Southern IT Services Pty Ltd", "ABN 51 824 753 556", 'href="tel:0255500100"', "#502"):
        assert words in page
    assert "82.50" not in page
    site.client.post(f"/pay/{old}/renew")
    site.sweep()
    with site.app.reading() as session:
        (message,) = session.scalars(select(Message))
    assert message.subject in page


def test_the_page_of_an_unknown_link_names_nobody(site: Site) -> None:
    site.invoice()
    page = site.client.get("/pay/x").text
    assert "Southern" not in page
    assert "This payment link is not valid" in page


@pytest.mark.parametrize("path", ["/pay/{}/renew", "/api/public/pay/{}/renew"])
def test_who_has_a_replaced_link_is_mailed_the_present_one_which_stays(site: Site, path: str) -> None:
    old = site.invoice()
    with site.app.transaction() as session:
        made = pay_links.regenerate(session, invoice_id=502, actor="vera", now=site.app.now())
        new = made.payment_token or ""
    for _ in range(2):
        assert site.client.post(path.format(old)).status_code == 202
    with site.app.reading() as session:
        (message,) = session.scalars(select(Message))
        assert (message.kind, message.recipient) == ("link", "c502@customer.example")
        assert session.get_one(Invoice, 502).payment_token == new
    site.sweep()
    mail = next((site.app.settings.data_dir / "mailbox").rglob("*.eml")).read_bytes()
    assert new.encode() in mail.replace(b"=\r\n", b"").replace(b"=\n", b"")


def test_a_replaced_link_of_an_invoice_that_has_none_any_more_is_like_an_unknown_one(site: Site) -> None:
    old = site.invoice()
    with site.app.transaction() as session:
        pay_links.regenerate(session, invoice_id=502, actor="vera", now=NOW)
        pay_links.revoke(session, invoice_id=502, actor="vera", now=NOW)
    assert site.client.get(f"/pay/{old}").content == site.client.get("/pay/x").content
    assert site.client.post(f"/pay/{old}/renew").status_code == 202
    assert site.count(Message) == 0


def test_a_token_that_was_is_kept_by_its_digest_alone(site: Site) -> None:
    tokens = [site.invoice(number) for number in (1, 2)]
    with site.app.transaction() as session:
        pay_links.regenerate(session, invoice_id=1, actor="vera", now=NOW)
        pay_links.revoke(session, invoice_id=2, actor="vera", now=NOW)
    with site.app.reading() as session:
        kept = {row.invoice_id: row for row in session.scalars(select(ReplacedToken))}
    assert [kept[n].digest for n in (1, 2)] == [hashlib.sha256(t.encode()).hexdigest() for t in tokens]
    assert [(kept[n].revoked, kept[n].replaced_at) for n in (1, 2)] == [(False, NOW), (True, NOW)]


@pytest.mark.parametrize("path", ["/pay/{}/renew", "/api/public/pay/{}/renew"])
def test_an_ended_link_is_renewed_by_email_only(site: Site, path: str) -> None:
    old = site.invoice()
    site.expire()
    page = site.client.get(f"/pay/{old}")
    assert f'<form method="post" action="/pay/{old}/renew">' in page.text
    for _ in range(2):
        answer = site.client.post(path.format(old))
        assert answer.status_code == 202
    with site.app.reading() as session:
        (message,) = session.scalars(select(Message))
        assert (message.kind, message.recipient) == ("link", "c502@customer.example")
    assert old not in answer.text
    site.sweep()
    mail = next((site.app.settings.data_dir / "mailbox").rglob("*.eml")).read_bytes()
    found = re.search(rb"/pay/([0-9a-f]{64})", mail.replace(b"=\r\n", b"").replace(b"=\n", b""))
    assert found is not None
    assert site.client.get(f"/pay/{found[1].decode()}").status_code == 200
    assert "This payment link was replaced" in site.client.get(f"/pay/{old}").text


def test_a_page_of_no_link_offers_nothing(site: Site) -> None:
    assert "<form" not in site.client.get("/pay/x").text


def test_the_api_shows_replaces_and_takes_back_a_link(site: Site) -> None:
    key, old = bearer(site.app, "read", "write"), site.invoice()
    made = site.client.post("/api/v1/invoices/502/link", headers=key).json()
    shown = site.client.get("/api/v1/invoices/502", headers=key).json()
    assert made["payment_url"] == shown["payment_url"]
    assert made["expires_at"] == shown["payment_url_expires_at"]
    assert old not in made["payment_url"]
    assert site.client.get(f"/pay/{old}").status_code == 410
    for _ in range(2):
        assert site.client.delete("/api/v1/invoices/502/link", headers=key).status_code == 204
    shown = site.client.get("/api/v1/invoices/502", headers=key).json()
    assert (shown["payment_url"], shown["payment_url_expires_at"]) == (None, None)
    assert [event["kind"] for event in shown["history"]] == [pay_links.REGENERATED, pay_links.REVOKED]
    reader = bearer(site.app, "read", name="Reader")
    for method in ("POST", "DELETE"):
        assert site.client.request(method, "/api/v1/invoices/502/link", headers=reader).status_code == 403


def test_the_api_sets_how_long_an_issuers_links_live(site: Site) -> None:
    key = bearer(site.app, "write")
    site.invoice()
    for days, status in ((None, 204), (45, 204), (-1, 422), ("45", 422), (99999, 422)):
        answer = site.client.post("/api/v1/issuers/1/links", json={"link_days": days}, headers=key)
        assert answer.status_code == status, days
    assert site.client.post("/api/v1/issuers/9/links", json={"link_days": 1}, headers=key).status_code == 404
    with site.app.reading() as session:
        assert session.get_one(Issuer, 1).link_days == 45


def test_staff_replace_and_take_back_a_link_on_the_page(biller: Biller) -> None:
    old = biller.site.invoice()
    page = biller.get("/invoices/502")
    assert old not in page
    assert "It does not expire" in page
    assert f'value="https://pay.example/pay/{old}"' in biller.post("/invoices/502/link", do="show")
    was = biller.hidden(page, "was")
    for _ in range(2):  # a double click
        page = biller.post("/invoices/502/link", do="regenerate", was=was)
    assert page.count("Link regenerated") == 1
    assert old not in page
    assert "Works until <time" in page
    page = biller.post("/invoices/502/link", do="revoke")
    assert "Create link" in page
    assert "Show link" not in page
    was = biller.hidden(page, "was")
    for _ in range(2):
        page = biller.post("/invoices/502/link", do="regenerate", was=was)
    assert page.count("Link regenerated") == 2
    assert "https://pay.example/pay/" in biller.post("/invoices/502/link", do="show")
    biller.site.expire()
    assert "Expired on <time" in biller.get("/invoices/502")
    assert "is not an option" in biller.post("/invoices/502/link", 422, do="destroy")


def test_a_link_is_replaced_by_nobody_without_the_csrf_token(biller: Biller) -> None:
    old = biller.site.invoice()
    answer = biller.site.client.post("/staff/invoices/502/link", data={"do": "regenerate"})
    assert answer.status_code == 403
    assert biller.site.client.get(f"/pay/{old}").status_code == 200


def test_an_intent_of_an_old_link_cannot_be_confirmed_by_it(site: Site) -> None:
    old = site.invoice()
    intent = site.customer_pays(site.start(old))
    with site.app.transaction() as session:
        pay_links.regenerate(session, invoice_id=502, actor="vera", now=site.app.now())
        assert session.scalars(select(PaymentAttempt)).one().status is AttemptStatus.CANCELLING
    answer = site.client.post(f"/api/public/pay/{old}/confirm-payment", json={"paymentIntentId": intent})
    assert (answer.status_code, answer.json()["code"]) == (410, "link_replaced")


def test_an_ended_link_is_revived_by_the_next_email(site: Site) -> None:
    old = site.invoice()
    site.expire()
    key = bearer(site.app, "write")
    assert site.client.post("/api/v1/invoices/502/send", json={}, headers=key).status_code == 202
    assert site.client.get(f"/pay/{old}").status_code == 410
    site.sweep()
    assert site.client.get(f"/pay/{old}").status_code == 200
    with site.app.reading() as session:
        assert session.scalars(select(Message)).one().kind == "invoice"
    assert timedelta(days=14) == pay_links.AFTER_SENDING
