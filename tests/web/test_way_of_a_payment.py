"""The way of a payment, from the customer's button to the refund, can be read from the log."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from paymail.models import BulkSend, Channel, Message, Payment, Refund
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from tests.web.bearer import bearer
from tests.web.conftest import BOTH, Site
from tests.web.test_webhook import event

pytestmark = BOTH


def acts(lines: list[Any]) -> list[tuple[str, ...]]:
    """Each line of the way: what happened, and which email or event it is about."""
    about = ("kind", "type")
    return [
        (line["event"], *(str(line[name]) for name in about if line.get(name)))
        for line in lines
        if line["log_level"] == "info"
    ]


def test_a_whole_payment_is_one_line_per_act_with_ids_only(site: Site) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        token = site.invoice()
        started = site.start(token)
        intent = site.customer_pays(started)
        assert site.webhook(event(intent)) == 200
        assert site.webhook(event(intent)) == 200  # Stripe sends twice
        site.sweep()
        site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
        with site.app.reading() as session:
            payment = session.scalars(select(Payment)).one()
        order = RefundOrder(1000, Channel.STRIPE, "a gesture")
        with site.app.transaction() as session:
            refund_requests.request(
                session, payment_id=payment.payment_id, order=order, actor="x", now=site.app.now()
            )
        site.sweep()
    paid = "payment_intent.succeeded"
    assert acts(lines) == [
        ("payment started",),
        ("event received", paid),
        ("email queued", "receipt"),
        ("payment settled",),
        ("event done", paid),
        ("message tried",),
        ("payment confirmed",),
        ("refund requested",),
        ("email queued", "refund"),
        ("refund succeeded",),
        ("message tried",),
    ]
    by_name = {line["event"]: line for line in lines}
    for name in ("payment started", "event received", "payment settled", "event done", "payment confirmed"):
        assert by_name[name]["intent"] == intent
    assert by_name["refund requested"]["payment_id"] == payment.payment_id
    assert by_name["refund requested"]["invoice_id"] == by_name["payment settled"]["invoice_id"] == 502
    with site.app.reading() as session:
        recipients = set(session.scalars(select(Message.recipient)))
    for secret in (token, str(started["clientSecret"]), "a gesture", *recipients):
        assert secret not in str(lines)


def test_a_refund_and_a_bulk_send_are_carried_out_under_the_id_of_their_request(site: Site) -> None:
    token = site.invoice()
    intent = site.customer_pays(site.start(token))
    site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    site.invoice(503, name="Another Customer")
    site.sweep()
    key = bearer(site.app, "write")
    with site.app.reading() as session:
        number = session.scalars(select(Payment.payment_id)).one()
    with capture_logs(processors=[merge_contextvars]) as lines:
        for path, body, name in (
            (f"/api/v1/payments/{number}/refunds", {"amount": "10.00"}, "refund-1"),
            ("/api/v1/bulk", {"currency": "AUD"}, "bulk-2"),
        ):
            headers = {**key, "X-Request-ID": name, "Idempotency-Key": name}
            answer = site.client.post(path, json=body, headers=headers)
            assert answer.status_code < 300, answer.text
        site.sweep()
    ways = {
        name: acts([line for line in lines if line["request_id"] == name]) for name in ("refund-1", "bulk-2")
    }
    assert ways == {
        "refund-1": [
            ("refund requested",),
            ("email queued", "refund"),
            ("refund succeeded",),
            ("message tried",),
        ],
        "bulk-2": [("email queued", "invoice"), ("message tried",)],
    }
    with site.app.reading() as session:
        assert session.scalars(select(Refund.request_id)).all() == ["refund-1"]
        assert session.scalars(select(BulkSend.request_id)).all() == ["bulk-2"]


def test_a_reminder_has_the_id_of_the_turn_that_planned_it(site: Site) -> None:
    site.invoice(reminders=True)
    object.__setattr__(site.app, "now", lambda: datetime(2026, 4, 13, 0, tzinfo=UTC))  # due on the 11th
    with capture_logs(processors=[merge_contextvars]) as lines:
        site.sweep()
    assert acts(lines) == [("email queued", "reminder"), ("message tried",)]
    with site.app.reading() as session:
        stored = session.scalars(select(Message.request_id)).all()  # the missed step's too
    (turn,) = set(stored)
    assert [line["request_id"] for line in lines] == [turn, turn]
    assert len(turn) == 24
