"""One invoice, its emails and its customer's payments, on a clock that the test moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import Invoice, Issuer, Message
from paymail.services.core.contexts import Context, GatewayContext
from paymail.services.core.history import history
from paymail.services.delivery import deliveries
from paymail.services.delivery.deliveries import DeliveryContext
from paymail.services.delivery.outcomes import RetryPolicy
from paymail.services.payments import checkout, settlement
from paymail.services.reminders import planner
from paymail.services.sending import bulk, invoice_emails
from tests.factories import NOW, LedgerGateway, PlainWriter, ScriptedMailer, make_invoice

SYDNEY = ZoneInfo("Australia/Sydney")


class EmailedInvoice:
    """One invoice (502, due 2026-04-11), its messages, and what was handed over."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = NOW
        self.mailer = ScriptedMailer()
        self.gateway = LedgerGateway()
        self.context = DeliveryContext(
            transaction=lambda: db.transaction(engine),
            now=self.now,
            writer=PlainWriter(),
            mailer=self.mailer,
            gateway=self.gateway,
            public_url="https://pay.example",
            lease=timedelta(seconds=120),
            retries=RetryPolicy(attempts=3, deadline=timedelta(hours=48)),
        )
        with db.transaction(engine) as session:
            make_invoice(session, reminders=True)

    def now(self) -> datetime:
        return self.clock

    def context_at(self, now: datetime) -> Context:
        """What a use case with several transactions is given at another time."""
        return Context(self.context.transaction, lambda: now)

    def send_one(self, invoice_id: int) -> int:
        with db.transaction(self.engine) as session:
            return invoice_emails.send_invoice(
                session, invoice_id=invoice_id, actor="test", now=self.clock
            ).message_id

    def set(self, invoice_id: int = 502, **values: object) -> None:
        """Change an invoice's columns."""
        with db.transaction(self.engine) as session:
            for name, value in values.items():
                setattr(session.get_one(Invoice, invoice_id), name, value)

    def pay(self, invoice_id: int = 502) -> None:
        """Have the customer pay in full, and the books know it."""
        context = GatewayContext(self.context.transaction, self.now, self.gateway)
        intent = checkout.start_payment(context, token=self.invoice(invoice_id).payment_token or "")
        with db.transaction(self.engine) as session:
            settlement.settle(session, intent=self.gateway.succeed(intent.id), source="test", now=self.clock)

    def send(self, **more: object) -> int:
        with db.transaction(self.engine) as session:
            return invoice_emails.send_invoice(
                session,
                invoice_id=502,
                actor="test",
                now=self.clock,
                **more,  # type: ignore[arg-type]
            ).message_id

    def message(self) -> Message:
        with db.reading(self.engine) as session:
            return session.scalars(select(Message).order_by(Message.message_id.desc())).first() or Message()

    def messages(self, kind: str = "") -> list[Message]:
        """Return messages, oldest first."""
        with db.reading(self.engine) as session:
            found = session.scalars(select(Message).order_by(Message.message_id)).all()
            return [one for one in found if kind in ("", one.kind)]

    def invoice(self, invoice_id: int = 502) -> Invoice:
        with db.reading(self.engine) as session:
            return session.get_one(Invoice, invoice_id)

    def timeline(self, invoice_id: int = 502) -> list[str]:
        with db.reading(self.engine) as session:
            return [event.kind for event in history(session, invoice_id=invoice_id)]

    def at(self, local: str) -> "EmailedInvoice":
        """Move the clock to a local time in Sydney."""
        self.clock = self.now_at(local)
        return self

    def now_at(self, local: str) -> datetime:
        """Return a local time in Sydney as an instant."""
        return datetime.fromisoformat(local).replace(tzinfo=SYDNEY).astimezone(UTC)

    def issuer(self, session: Session) -> Issuer:
        return session.scalars(select(Issuer)).one()

    def add_invoice(self, invoice_id: int, **more: object) -> None:
        with db.transaction(self.engine) as session:
            make_invoice(
                session, invoice_id=invoice_id, name=f"Customer {invoice_id}", reminders=True, **more
            )  # type: ignore[arg-type]

    def turn(self) -> int:
        """One turn of the sweep: plan reminders, write bulk sends, deliver. Returns emails handed over."""
        before = len(self.mailer.delivered)
        planner.plan_due(self.context)
        bulk.expand_all(self.context)
        deliveries.sweep(self.context)
        return len(self.mailer.delivered) - before

    def change(self, work: Callable[[Session], object]) -> None:
        with db.transaction(self.engine) as session:
            work(session)
