"""One invoice with its context, for tests of money."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import (
    Base,
    Invoice,
    Message,
    Payment,
    PaymentAttempt,
    Refund,
    ReminderHold,
    TimelineEvent,
)
from paymail.ports.payments import Event, Intent, IntentStatus
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.payments import checkout, webhook_inbox
from tests.factories import NOW, LedgerGateway, make_invoice


class PayingCustomer:
    """Invoice 502 of AUD 82.50, the customer's link, and Stripe's ledger."""

    def __init__(self, engine: Engine, gateway: LedgerGateway | None = None, **invoice: object) -> None:
        self.engine = engine
        self.gateway = gateway or LedgerGateway()
        self.now = NOW
        self.context = GatewayContext(lambda: db.transaction(engine), lambda: self.now, self.gateway)
        self._events = 0
        with db.transaction(engine) as session:
            self.token = make_invoice(session, **invoice).payment_token or ""  # type: ignore[arg-type]

    def later(self, **time: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**time)
        return self.now

    def start(self, **asked: object) -> Intent:
        """The customer opens the page and picks a method."""
        return checkout.start_payment(self.context, token=self.token, **asked)  # type: ignore[arg-type]

    def pay(self, **asked: object) -> Payment:
        """The customer pays; Stripe tells us by webhook."""
        intent = self.start(**asked)
        self.gateway.succeed(intent.id)
        self.tell("payment_intent.succeeded", intent.id)
        with db.reading(self.engine) as session:
            return session.scalars(select(Payment).where(Payment.intent_id == intent.id)).one()

    def tell(self, kind: str, intent_id: str, at: datetime | None = None) -> None:
        """Stripe sends an event of now, or of `at`, and it is worked on."""
        self._events += 1
        created = int((at or self.now).timestamp())
        event = Event(f"evt_{self._events}", kind, "acct_sandbox", False, intent_id, created)
        with db.transaction(self.engine) as session:
            webhook_inbox.receive_event(session, event=event, live=False, now=self.now)
        webhook_inbox.work_events(self.context)

    def payable(self) -> list[tuple[str, int]]:
        """The intents that a card could pay, with their amounts."""
        found = self.gateway.intents.values()
        return [(one.id, one.amount) for one in found if one.status is not IntentStatus.CANCELED]

    def allow_parts(self, minimum: int = 1000) -> None:
        """Let the customer pay parts."""
        with self.transaction() as session:
            session.execute(update(Invoice).values(part_minimum=minimum))

    def transaction(self) -> Session:
        """A transaction, as a context manager."""
        return db.transaction(self.engine)  # type: ignore[return-value]

    def invoice(self) -> Invoice:
        """The invoice now."""
        with db.reading(self.engine) as session:
            return load_invoice(session, invoice_id=502)

    def all(self, table: type[Base]) -> Sequence[object]:
        """All rows of a table, in the order of their keys."""
        with db.reading(self.engine) as session:
            return session.scalars(select(table).order_by(*table.__table__.primary_key)).all()

    def payments(self) -> list[Payment]:
        return list(self.all(Payment))  # type: ignore[arg-type]

    def refunds(self) -> list[Refund]:
        return list(self.all(Refund))  # type: ignore[arg-type]

    def attempts(self) -> list[PaymentAttempt]:
        return list(self.all(PaymentAttempt))  # type: ignore[arg-type]

    def holds(self) -> list[ReminderHold]:
        return list(self.all(ReminderHold))  # type: ignore[arg-type]

    def mails(self, kind: str) -> list[Message]:
        """The messages of a kind."""
        return [message for message in self.all(Message) if message.kind == kind]  # type: ignore[attr-defined]

    def happened(self, kind: str) -> int:
        """How often something is in the history."""
        counted = select(func.count()).select_from(TimelineEvent).where(TimelineEvent.kind == kind)
        with db.reading(self.engine) as session:
            return session.scalar(counted) or 0
