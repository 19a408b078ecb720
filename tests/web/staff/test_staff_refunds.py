"""Refunds that need a second person: what each of the two is shown, and what the page says afterwards."""

import pytest
from sqlalchemy import select, update

from paymail.models import Issuer, Refund, RefundStatus
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from tests.web.conftest import STAFF, Biller

OTHER = "kim@office.example"


@pytest.fixture
def careful(biller: Biller) -> Biller:
    """Invoice 502 was paid by transfer; refunds from AUD 50.00 need a second person."""
    biller.site.invoice()
    paid = {"amount": "82.50", "channel": "bank_transfer", "request_key": "recorded"}
    biller.post("/invoices/502/payments", **paid)
    with biller.site.app.transaction() as session:
        session.execute(update(Issuer).values(refund_approval_from=5000))
    return biller


def ask(biller: Biller, amount: str, key: str = "0123456789") -> str:
    form = {"amount": amount, "channel": "bank_transfer", "sure": "yes", "request_key": key}
    return biller.post("/invoices/502/payments/1/refund", **form)


def other_asks(biller: Biller, amount: int) -> None:
    order = RefundOrder(amount, refund_requests.Channel.BANK_TRANSFER, "Twice")
    with biller.site.app.transaction() as session:
        refund_requests.request(session, payment_id=1, order=order, actor=OTHER, now=biller.clock)


def refund(biller: Biller, refund_id: int = 1) -> Refund:
    with biller.site.app.reading() as session:
        return session.scalars(select(Refund).where(Refund.refund_id == refund_id)).one()


def test_the_author_sees_that_it_waits_and_can_only_withdraw_it(careful: Biller) -> None:
    page = ask(careful, "50.00")
    assert "The refund waits until another person approves it." in page
    assert "A refund waits for approval." in page
    assert "/refunds/1/withdraw" in page
    assert "/refunds/1/approve" not in page
    careful.post("/invoices/502/refunds/1/approve", 403)
    assert "is withdrawn" in careful.post("/invoices/502/refunds/1/withdraw")
    assert refund(careful).status is RefundStatus.WITHDRAWN


def test_another_person_finds_it_on_home_and_under_money_and_approves_it(careful: Biller) -> None:
    other_asks(careful, 6000)
    assert "Refunds to approve" in careful.get("/").partition('id="today"')[0]
    listed = careful.get("/refunds?company=1")
    assert OTHER in listed
    assert "/staff/invoices/502#refunds" in listed
    assert "No refund waits" in careful.get("/refunds?company=2")
    assert "Approve the refund of $60.00" in careful.get("/invoices/502")
    page = careful.post("/invoices/502/refunds/1/approve")
    assert f"approved by <bdi>{STAFF}</bdi>" in page
    assert refund(careful).status is RefundStatus.SUCCEEDED
    assert "it was decided" in careful.post("/invoices/502/refunds/1/refuse", 409, reason="No")
    careful.post("/invoices/503/refunds/1/approve", 404)


def test_it_is_refused_with_a_reason_that_the_page_keeps(careful: Biller) -> None:
    other_asks(careful, 6000)
    page = careful.post("/invoices/502/refunds/1/refuse", reason="Only <half> was agreed")
    assert "Only &lt;half&gt; was agreed" in page
    assert refund(careful).status is RefundStatus.REFUSED
    careful.post("/invoices/502/refunds/1/withdraw", 409)


def test_a_refund_by_transfer_is_recorded_and_not_asked_for(careful: Biller) -> None:
    assert "The refund is recorded." in ask(careful, "10.00")


def test_the_sum_is_set_in_major_units_and_kept_by_a_page_that_does_not_ask(biller: Biller) -> None:
    biller.site.invoice()
    form = {"issuer": "1", "days": "0", "tone": "due", "cap": "5", "send_at": "09:00", "quiet_from": "20:00"}
    form |= {"quiet_until": "08:00", "timezone": "Australia/Sydney", "country": "AU"}

    def limit() -> int | None:
        with biller.site.app.reading() as session:
            return session.scalars(select(Issuer.refund_approval_from)).one()

    assert 'name="refund_approval_from"' in biller.get("/reminders")
    biller.post("/reminders", **form, refund_approval_from="1000.00")
    assert limit() == 100_000
    assert 'value="1000.00"' in biller.get("/reminders")
    biller.post("/reminders", **form)
    assert limit() == 100_000
    assert "above zero" in biller.post("/reminders", 422, **form, refund_approval_from="0")
    biller.post("/reminders", **form, refund_approval_from=" ")
    assert limit() is None
    assert "Refunds that need a second person, from" in biller.get("/audit")
