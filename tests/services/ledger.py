"""A shop with a few invoices beside a gateway in memory, whose clock the test moves."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from paymail import db
from paymail.models import Invoice, Message, Payment, PaymentAttempt
from paymail.ports.payments import Event, Intent
from paymail.ports.reversals import GatewayDispute, GatewayRefund
from paymail.services import reconciliation
from paymail.services.core.contexts import GatewayContext
from paymail.services.payments import checkout, settlement, webhook_inbox
from paymail.services.reconciliation import CaughtUp, Finding
from tests.factories import NOW, LedgerGateway, make_invoice

ACCOUNT = "acct_sandbox"


class Books:
    """The books and Stripe's ledger, side by side."""

    def __init__(self, engine: Engine, gateway: LedgerGateway | None = None) -> None:
        self.engine = engine
        self.clock = NOW
        self.gateway = gateway or LedgerGateway()
        self.context = GatewayContext(lambda: db.transaction(engine), self.now, self.gateway)

    def now(self) -> datetime:
        return self.clock

    def move(self, **by: float) -> None:
        self.clock += timedelta(**by)

    def start(self, invoice_id: int = 502, **more: Any) -> Intent:
        """Make an invoice and have its customer open the page."""
        with db.transaction(self.engine) as session:
            token = make_invoice(session, invoice_id=invoice_id, **more).payment_token or ""
        intent = checkout.start_payment(self.context, token=token)
        return self.gateway.set(intent.id, created=int(self.clock.timestamp()))

    def pay(self, invoice_id: int = 502) -> Intent:
        """Have an invoice paid, and the books know it."""
        intent = self.gateway.succeed(self.start(invoice_id).id)
        with db.transaction(self.engine) as session:
            settlement.settle(session, intent=intent, source="webhook", now=self.clock)
        return intent

    def happen(self, intent_id: str, kind: str = "payment_intent.succeeded", **more: Any) -> Event:
        """Put an event into Stripe's list; no webhook is sent."""
        known = {"livemode": False, "created": int(self.clock.timestamp())} | more
        event = Event(f"evt_{len(self.gateway.log)}", kind, ACCOUNT, intent_id=intent_id, **known)
        self.gateway.log.append(event)
        return event

    def refund(self, intent: Intent, amount: int = 1000, status: str = "succeeded") -> None:
        name = f"re_stripe_{len(self.gateway.refunds)}"
        self.gateway.refunds[name] = GatewayRefund(name, intent.id, amount, intent.currency, status)

    def dispute(self, intent: Intent, status: str = "needs_response") -> None:
        self.gateway.disputes["dp_1"] = GatewayDispute(
            "dp_1", intent.id, intent.amount, intent.currency, status
        )

    def receive(self, event: Event) -> None:
        with db.transaction(self.engine) as session:
            webhook_inbox.receive_event(session, event=event, live=False, now=self.clock)

    def catch_up(self, *, live: bool = False) -> CaughtUp:
        return reconciliation.catch_up(self.context, live=live)

    def compare(self, *, mend: bool = True, days: int = 7) -> list[Finding]:
        found = reconciliation.compare(self.context, days=days, mend=mend)
        assert found.failures == {}
        return list(found.findings)

    def count(self, table: type, *where: Any) -> int:
        with db.reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(table).where(*where)) or 0

    def receipts(self) -> int:
        return self.count(Message, Message.kind == "receipt")

    def notices(self) -> list[Message]:
        with db.reading(self.engine) as session:
            return list(session.scalars(select(Message).where(Message.kind == "notice")))

    def change(self, table: type, **values: object) -> None:
        """Change the only row of a table behind everybody's back."""
        with db.transaction(self.engine) as session:
            row = session.scalars(select(table)).one()
            for name, value in values.items():
                setattr(row, name, value)

    def attempt(self) -> PaymentAttempt:
        with db.reading(self.engine) as session:
            return session.scalars(select(PaymentAttempt)).one()

    def invoice(self, invoice_id: int = 502) -> Invoice:
        with db.reading(self.engine) as session:
            return session.get_one(Invoice, invoice_id)

    def payments(self) -> int:
        return self.count(Payment)
