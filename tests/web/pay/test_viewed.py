"""An invoice counts as viewed once a person has pressed a button of its pay page, never for opened links."""

import pytest
from sqlalchemy import select

from paymail.models import Invoice, PaymentAttempt, TimelineEvent
from paymail.services.lists import cursor
from paymail.services.lists.delivery_state import Delivery, emails_of
from paymail.services.lists.invoice_filter import from_text
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site

ACTS = {
    "/pay/{}/invoice.pdf": ({}, "got the PDF"),
    "/pay/{}/promise": ({"date": "2026-03-20"}, "promised to pay"),
    "/pay/{}/paid": ({"text": "by bank"}, "said that it is paid"),
    "/pay/{}/wrong": ({"reason": "price"}, "said what is wrong"),
    "/api/public/pay/{}/create-payment": ({}, "began to pay"),
}


def events(site: Site) -> list[TimelineEvent]:
    with site.app.reading() as session:
        viewed = select(TimelineEvent).where(TimelineEvent.kind == "viewed")
        return list(session.scalars(viewed.order_by(TimelineEvent.event_id)))


def found(site: Site, delivery: str) -> list[int]:
    with site.app.reading() as session:
        wanted = from_text(f"delivery={delivery}")
        return [one.invoice_id for one in cursor.every(session, wanted=wanted, now=site.app.now())]


@pytest.fixture
def emailed(biller: Biller) -> Biller:
    """Invoice 502, which was emailed."""
    biller.site.invoice()
    biller.post("/invoices/502/send", sequence=1)
    biller.site.sweep()
    return biller


def token(biller: Biller) -> str:
    with biller.site.app.reading() as session:
        return session.get_one(Invoice, 502).payment_token or ""


def test_what_a_mail_scanner_can_open_does_not_count(emailed: Biller) -> None:
    link = token(emailed)
    for path in (f"/pay/{link}", f"/api/public/pay/{link}", f"/api/public/pay/{link}/invoice.pdf"):
        assert emailed.site.client.get(path).status_code == 200
        emailed.site.client.head(path)
    assert events(emailed.site) == []
    assert found(emailed.site, "sent") == [502]
    assert "Not viewed" in emailed.get("/invoices/502")


@pytest.mark.parametrize("path", ACTS)
def test_a_pressed_button_counts_once_and_the_first_is_kept(emailed: Biller, path: str) -> None:
    form, how = ACTS[path]
    for _ in range(2):
        answer = emailed.site.client.post(
            path.format(token(emailed)), data=form or None, follow_redirects=False
        )
        assert answer.status_code < 400, answer.text
        emailed.move(hours=1)
    (event,) = events(emailed.site)
    assert (event.actor, event.detail) == ("customer", how)
    with emailed.site.app.reading() as session:
        assert session.get_one(Invoice, 502).viewed_at == event.at
    assert (found(emailed.site, "viewed"), found(emailed.site, "sent,delivered")) == ([502], [])
    assert '<span class="badge good">Viewed</span>' in emailed.get("/invoices")
    page = emailed.get("/invoices/502")
    assert '<span class="dot"><svg class="i"' in page.partition("<b>Viewed</b>")[0]
    key = bearer(emailed.site.app, "read")
    detail = emailed.site.client.get("/api/v1/invoices/502", headers=key).json()
    assert detail["viewed_at"] == event.at.isoformat().replace("+00:00", "Z")


def test_the_pdf_button_leads_to_the_pdf(emailed: Biller) -> None:
    answer = emailed.site.client.post(f"/pay/{token(emailed)}/invoice.pdf")
    assert answer.content[:5] == b"%PDF-"
    assert (
        f'action="/pay/{token(emailed)}/invoice.pdf"'
        in emailed.site.client.get(f"/pay/{token(emailed)}").text
    )
    assert emailed.site.client.post(f"/pay/{'0' * 64}/invoice.pdf").status_code == 404


def test_a_payment_begun_under_code_that_noted_nothing_counts_too(emailed: Biller) -> None:
    emailed.site.client.post(f"/api/public/pay/{token(emailed)}/create-payment")
    emailed.site.change(viewed_at=None)
    with emailed.site.app.reading() as session:
        begun = session.scalars(select(PaymentAttempt.created_at)).one()
    assert found(emailed.site, "viewed") == [502]
    page = emailed.get("/invoices/502").partition("<b>Viewed</b>")[2]
    assert begun.strftime("%Y-%m-%dT%H:%M:%SZ") in page.partition("</li>")[0]


def test_what_was_done_before_the_newest_email_does_not_count_for_it(emailed: Biller) -> None:
    begin = f"/api/public/pay/{token(emailed)}/create-payment"
    emailed.move(hours=1)
    emailed.site.client.post(begin)
    assert found(emailed.site, "viewed") == [502]
    emailed.move(hours=1)
    emailed.post("/invoices/502/send", sequence=2)
    emailed.site.sweep()
    assert (found(emailed.site, "viewed"), found(emailed.site, "sent")) == ([], [502])
    with emailed.site.app.reading() as session:
        assert emails_of(session, invoice_ids=[502])[502].delivery is Delivery.SENT
    page = emailed.get("/invoices/502")
    assert ("Not viewed" in page, "Not confirmed" in page) == (True, True)
    key = bearer(emailed.site.app, "read")
    assert emailed.site.client.get("/api/v1/invoices/502", headers=key).json()["viewed_at"] is None
    emailed.move(hours=1)
    emailed.site.client.post(begin)
    assert found(emailed.site, "viewed") == [502]
    assert [event.at for event in events(emailed.site)][1:] == [emailed.clock]
