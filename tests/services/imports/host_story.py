"""Invoice 7 of customer Acme, as a host's files tell of it and as paymail sees its money."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import Channel, Invoice, Payment, RefundStatus
from paymail.ports.payments import Intent, IntentStatus
from paymail.ports.reversals import GatewayDispute
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports import Report
from paymail.services.payments import adjustments, intent_cancellation
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from tests.factories import NOW, LedgerGateway
from tests.services.imports.host_files import Row, bring, rows, text_of
from tests.services.paying_customer import PayingCustomer

UNPAID: Row = {}
PART = {"payment_status": "partial", "amount_paid": "20.00"}
LATER = {"due_date": "2026-06-30"}
SAVED_BY_EXCEL = {
    "subtotal": "75",
    "tax_rate": "10",
    "tax_amount": "7.5",
    "total": "82.5",
    "amount_paid": "0",
    "unit_price": "75",
    "line_amount": "75",
}
PAID = {"payment_status": "paid", "amount_paid": "82.50"}
OVERPAID = {"payment_status": "paid", "amount_paid": "90.00"}
VOID = {"status": "void"}
DRAFT = {"status": "draft"}


class HostStory(PayingCustomer):
    """What happens to invoice 7, one step after the other."""

    def __init__(self, engine: Engine, number: int = 7, gateway: LedgerGateway | None = None) -> None:
        self.engine, self.number = engine, number
        self.gateway = gateway or LedgerGateway()
        self.now = NOW
        self.context = GatewayContext(lambda: db.transaction(engine), lambda: self.now, self.gateway)
        self._events = 1000 * number
        with db.transaction(engine) as session:
            ensure_issuer(
                session,
                name="Host Pty Ltd",
                email="billing@host.example",
                now=NOW,
                stripe_account="acct_sandbox",
                tax_id="51 824 753 556",
            )

    def bring(self, *changes: Row) -> Report:
        """Import a file; without changes invoice 7 as the host first tells of it."""
        number = {"invoice_id": str(self.number)}
        return bring(self.engine, text_of(rows(*(number | change for change in changes or ({},)))))

    def invoice(self) -> Invoice:
        with db.reading(self.engine) as session:
            return load_invoice(session, invoice_id=self.number)

    @property
    def token(self) -> str:  # type: ignore[override]
        return self.invoice().payment_token or ""

    def money(self) -> tuple[str, int, int]:
        """Payment status, what arrived and what is owed."""
        invoice = self.invoice()
        return invoice.payment_status.value, invoice.amount_paid, invoice.balance

    def payments(self) -> list[tuple[Channel, int]]:
        return [(one.channel, one.amount) for one in self.all(Payment)]  # type: ignore[attr-defined]

    def debit(self) -> Intent:
        """The customer pays by a bank debit, which clears for days."""
        intent = self.start()
        self.gateway.set(intent.id, status=IntentStatus.PROCESSING)
        self.tell("payment_intent.processing", intent.id)
        return intent

    def clear(self, intent_id: str) -> None:
        """The debit arrives."""
        self.gateway.succeed(intent_id)
        self.tell("payment_intent.succeeded", intent_id)

    def bounce(self, intent_id: str) -> None:
        """The debit fails."""
        self.gateway.set(intent_id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, failure="insufficient funds")
        self.tell("payment_intent.payment_failed", intent_id)

    def refund(self, *, owed_again: bool, amount: int = 8250) -> None:
        """Staff refund the newest payment, and the sweep carries it out."""
        with self.paid() as (session, payment):
            order = RefundOrder(amount=amount, channel=payment.channel, reason="asked", owed_again=owed_again)
            refund_requests.request(
                session, payment_id=payment.payment_id, order=order, actor="amy", now=self.now
            )
        refund_requests.carry_out(self.context)
        assert self.refunds()[-1].status is RefundStatus.SUCCEEDED

    @contextmanager
    def paid(self) -> Iterator[tuple[Session, Payment]]:
        with db.transaction(self.engine) as session:
            mine = select(Payment).where(Payment.invoice_id == self.number)
            yield session, session.scalars(mine.order_by(Payment.payment_id.desc()).limit(1)).one()

    def dispute(self, status: str, intent_id: str, amount: int = 8250) -> None:
        """The customer's bank asks the payment back, or has decided."""
        told = GatewayDispute(f"dp_{intent_id}", intent_id, amount, "AUD", status, "fraudulent", 0)
        self.gateway.disputes[told.id] = told
        self.tell("charge.dispute.updated", intent_id)

    def write_off(self) -> None:
        with db.transaction(self.engine) as session:
            adjustments.write_off(
                session, invoice_id=self.number, reason="bad debt", actor="amy", now=self.now
            )

    def sweep(self) -> None:
        """Cancel at Stripe what is marked for it."""
        intent_cancellation.cancel_marked(self.context)
        self.later(minutes=1)
