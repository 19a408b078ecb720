"""Stripe's webhook: signed, stored first, and worked on until the money is in the books."""

import json
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from paymail import metrics
from paymail.models import GatewayEvent, GatewayEventState, InvoiceStatus, Message, Payment, PaymentAttempt
from paymail.stripe_settings import SANDBOX_WEBHOOK_SECRET
from tests.web.bearer import bearer
from tests.web.conftest import BOTH, Site
from tests.web.pay.test_public_api import dead_gateway

pytestmark = BOTH


def event(intent: str, kind: str = "payment_intent.succeeded", **more: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{kind}_{intent}",
        "object": "event",
        "type": kind,
        "account": "acct_sandbox",
        "livemode": False,
        "created": int(time.time()),
        "data": {"object": {"object": "payment_intent", "id": intent}},
    } | more


def paid(site: Site, invoice_id: int = 502) -> str:
    return site.customer_pays(site.start(site.invoice(invoice_id)))


def states(site: Site) -> list[str]:
    with site.app.reading() as session:
        return [row.state.value for row in session.query(GatewayEvent).order_by(GatewayEvent.received_at)]


def test_a_closed_tab_is_settled_by_the_webhook(site: Site) -> None:
    intent = paid(site)
    assert site.webhook(event(intent)) == 200
    site.sweep()
    assert (site.count(Payment), states(site)) == (1, ["done"])


def test_copies_and_a_late_confirmation_change_nothing(site: Site) -> None:
    token = site.invoice()
    intent = site.customer_pays(site.start(token))
    for _ in range(3):
        assert site.webhook(event(intent)) == 200
    assert site.webhook(event(intent, "payment_intent.processing")) == 200
    site.sweep()
    site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    assert (site.count(Payment), site.count(Message), site.count(GatewayEvent)) == (1, 1, 2)


def test_what_the_event_claims_is_not_believed(site: Site) -> None:
    token = site.invoice()
    intent = str(site.start(token)["clientSecret"]).partition("_secret_")[0]
    assert site.webhook(event(intent)) == 200
    site.sweep()
    assert site.count(Payment) == 0


@pytest.mark.parametrize(
    ("secret", "late"),
    [("whsec_wrong", 0), (SANDBOX_WEBHOOK_SECRET, 3600), (SANDBOX_WEBHOOK_SECRET, -3600)],
)
def test_bad_signatures_are_refused_and_not_stored(site: Site, secret: str, late: int) -> None:
    assert site.webhook(event("pi_1"), secret=secret, at=time.time() - late) == 403
    assert site.count(GatewayEvent) == 0


@pytest.mark.parametrize(
    "header", ["", "t=,v1=", "t=1,v1=é", "x", "t=99999999999999999999,v1=00", "v1=00,t=-1"]
)
def test_hostile_signature_headers_are_refused(site: Site, header: str) -> None:
    answer = site.client.post(
        "/webhooks/stripe", content=b"{}", headers={"Stripe-Signature": header.encode()}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"id": 5}',
        {"id": "evt_1", "type": "x", "data": {"object": 5}},
    ],
)
def test_signed_nonsense_is_refused(site: Site, body: object) -> None:
    assert site.webhook(body) in (403, 422)
    assert site.count(GatewayEvent) == 0


@pytest.mark.parametrize(
    "more",
    [
        {"created": 10**17},
        {"created": -(10**17)},
        {"created": 10**400},
        {"created": "1767225600"},
        {"created": True},
        {"created": None},
        {"id": ""},
        {"id": "evt_\x00"},
        {"id": "evt_\ud800"},
        {"id": "../../staff"},
        {"type": "<script>"},
        {"account": "acct_\r\nx"},
        {"account": ["x"]},
        {"data": {"object": {"object": "charge", "payment_intent": {"id": {"id": 1}}}}},
    ],
)
def test_absurd_values_are_refused_and_not_stored(site: Site, more: dict[str, Any]) -> None:
    assert site.webhook(event("pi_1") | more) == 422
    assert site.count(GatewayEvent) == 0


@pytest.mark.parametrize("part", [b"[", b'{"data":', b'{"a":[', b"9", b"1e", b'"\\ud800'])
def test_deep_and_endless_events_are_refused(site: Site, part: bytes) -> None:
    whole = json.dumps(event("pi_1")).encode()
    deep = part * (200_000 // len(part))
    for body in (deep, whole[:-1] + b', "more": ' + deep + b"}"):
        assert site.webhook(body) == 422
    nested = whole[:-1] + b', "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert site.webhook(nested) == 422
    assert site.count(GatewayEvent) == 0


@pytest.mark.parametrize("created", [10**17, -(10**17), 253402300799, 2**63 - 1])
def test_an_absurd_moment_that_is_stored_breaks_no_page(site: Site, created: int) -> None:
    assert site.webhook(event(paid(site))) == 200
    with site.app.transaction() as session:
        (row,) = session.query(GatewayEvent)
        row.created = created
    site.log_in()
    assert site.client.get("/staff/events").status_code == 200
    key = bearer(site.app, "read")
    assert site.client.get("/api/v1/events", headers=key).status_code == 200
    site.sweep()
    assert states(site) == ["done"]


def test_a_huge_body_is_refused(site: Site) -> None:
    assert site.webhook(b"x" * (600 * 1024)) == 413


def test_a_body_changed_on_the_way_is_refused(site: Site) -> None:
    raw = json.dumps(event("pi_1")).encode()
    answer = site.client.post(
        "/webhooks/stripe", content=raw, headers={"Stripe-Signature": f"t={int(time.time())},v1={'0' * 64}"}
    )
    assert answer.status_code == 403


def test_events_of_the_other_mode_are_acknowledged_counted_and_not_stored(site: Site) -> None:
    intent, before = paid(site), metrics.meters().other_mode._value.get()
    with capture_logs() as lines:
        for kind in ("payment_intent.succeeded", "charge.refunded"):
            assert site.webhook(event(intent, kind, livemode=True)) == 200
    site.sweep()
    assert (site.count(GatewayEvent), site.count(Payment)) == (0, 0)
    told = [line for line in lines if line["event"] == "event of the other mode ignored"]
    assert [(line["log_level"], line["account"]) for line in told] == [("info", "acct_sandbox")] * 2
    assert metrics.meters().other_mode._value.get() == before + 2


@pytest.mark.parametrize("kind", ["charge.refunded", "account.updated", "a.type.nobody.knows"])
def test_other_types_are_stored_and_ignored(site: Site, kind: str) -> None:
    assert site.webhook(event("pi_1", kind)) == 200
    site.sweep()
    assert states(site) == ["ignored"]


def test_an_event_of_another_account_settles_nothing(site: Site) -> None:
    intent = paid(site)
    assert site.webhook(event(intent, account="acct_other")) == 200
    site.sweep()
    assert (site.count(Payment), states(site)) == (0, ["dead"])


def test_a_payment_of_somebody_else_on_the_account_is_ignored(site: Site) -> None:
    assert site.webhook(event("pi_notours")) == 200
    site.sweep()
    assert states(site) == ["ignored"]


def test_money_for_a_void_invoice_is_recorded_not_dropped(site: Site) -> None:
    intent = paid(site)
    site.change(status=InvoiceStatus.VOID)
    site.webhook(event(intent))
    site.sweep()
    assert site.count(Payment) == 1


def test_an_outage_of_stripe_postpones_the_event(site: Site) -> None:
    intent = paid(site)
    site.webhook(event(intent))
    living = site.app.gateway
    object.__setattr__(site.app, "gateway", dead_gateway(site))
    site.sweep()
    assert states(site) == ["received"]
    object.__setattr__(site.app, "gateway", living)
    with site.app.transaction() as session:
        (row,) = session.query(GatewayEvent)
        assert (row.state, row.attempts) == (GatewayEventState.RECEIVED, 1)
        row.next_at = site.app.now()
    site.sweep()
    assert (site.count(Payment), states(site)) == (1, ["done"])


def test_the_attempt_is_closed_by_the_payment(site: Site) -> None:
    intent = paid(site)
    site.webhook(event(intent))
    site.sweep()
    with site.app.reading() as session:
        assert [row.status.value for row in session.query(PaymentAttempt)] == ["succeeded"]
