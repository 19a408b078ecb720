"""One id leads through the logs of web and worker: from a request to the emails and events that it caused."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import select

from paymail.models import GatewayEvent, Message, MessageState, Payment
from paymail.sandbox.customer import pay
from paymail.stripe_settings import SANDBOX_WEBHOOK_SECRET
from tests.conftest import free_port, wait_for_port
from tests.factories import make_invoice
from tests.tasks.test_workers import EXTREMES, Works, broker_url, until, works
from tests.web.bearer import bearer

__all__ = ["broker_url", "works"]


@dataclass
class House:
    """A web process and a worker process, with their logs as JSON."""

    works: Works
    port: int

    def ask(self, path: str, request_id: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
        asked = Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=body,
            headers={"X-Request-ID": request_id, "Content-Type": "application/json", **headers},
        )
        with urlopen(asked, timeout=30) as answer:
            assert answer.headers["X-Request-ID"] == request_id
            found: dict[str, Any] = json.loads(answer.read())
            return found

    def log(self, service: str) -> str:
        return "".join(file.read_text() for file in self.works.app.settings.data_dir.glob(f"{service}-*.log"))

    def acts(self, service: str, request_id: str) -> list[str]:
        """What a service did for a request, in the order of its log."""
        lines = [json.loads(line) for line in self.log(service).splitlines() if request_id in line]
        assert all(line["request_id"] == request_id for line in lines)
        return [line["event"] for line in lines]


@pytest.fixture
def house(works: Works) -> House:
    works.environment["PAYMAIL_LOG_JSON"] = "1"
    port = free_port()
    works.start("web", "--port", str(port))
    wait_for_port(port, 60)  # one after the other: each takes a processor for its start
    works.worker()
    return House(works, port)


def signed(event: dict[str, Any]) -> tuple[bytes, str]:
    body, stamp = json.dumps(event).encode(), str(int(time.time()))
    mac = hmac.new(SANDBOX_WEBHOOK_SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return body, f"t={stamp},v1={mac}"


@EXTREMES
def test_one_id_leads_from_a_request_to_its_email_and_from_a_webhook_to_its_receipt(house: House) -> None:
    app = house.works.app
    with app.transaction() as session:
        token = make_invoice(session, invoice_id=502).payment_token or ""
    key = bearer(app, "write")

    sent = house.ask("/api/v1/invoices/502/send", "send-1", b"{}", **key)["message_id"]
    house.works.until_sent(sent)
    assert house.acts("web", "send-1") == ["email queued"]
    until(lambda: house.acts("worker", "send-1") == ["message tried"])

    started = house.ask(f"/api/public/pay/{token}/create-payment", "pay-2", b"{}")
    intent = str(pay(started["clientSecret"], base_url=app.settings.sandbox_url)["id"])
    body, signature = signed(
        {
            "id": "evt_traced",
            "object": "event",
            "type": "payment_intent.succeeded",
            "account": "acct_sandbox",
            "livemode": False,
            "created": int(time.time()),
            "data": {"object": {"object": "payment_intent", "id": intent}},
        }
    )
    house.ask("/webhooks/stripe", "hook-3", body, **{"Stripe-Signature": signature})
    until(lambda: house.acts("worker", "hook-3")[-1:] == ["message tried"])
    assert house.acts("web", "pay-2") == ["payment started"]
    assert house.acts("web", "hook-3") == ["event received"]
    assert house.acts("worker", "hook-3") == [
        "email queued",
        "payment settled",
        "event done",
        "message tried",
    ]
    with app.reading() as session:
        assert session.get_one(GatewayEvent, "evt_traced").request_id == "hook-3"
        receipt = session.scalars(select(Message).where(Message.payment_id.is_not(None))).one()
        assert (receipt.request_id, receipt.state) == ("hook-3", MessageState.SENT)
        assert session.scalars(select(Payment.intent_id)).all() == [intent]
    logs = house.log("web") + house.log("worker")
    for secret in (token, started["clientSecret"], key["Authorization"].split()[1], receipt.recipient):
        assert secret not in logs
