"""Payments that wait for the customer's own act: a code to pay with, a transfer, an approval."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import AttemptStatus, Invoice, PaymentAttempt
from paymail.money import Money, from_stripe_amount
from paymail.ports.payments import Waiting
from paymail.services.ledger import entries
from paymail.services.ledger.attempts import move_on

NAMES = {
    "boleto": "Boleto",
    "konbini": "Konbini",
    "multibanco": "Multibanco",
    "oxxo": "OXXO",
    "customer_balance": "bank transfer",
    "payto": "PayTo",
    "bizum": "Bizum",
    "mb_way": "MB WAY",
    "us_bank_account": "bank account",
    "card": "card",
}


def name_of(kind: str) -> str:
    """Return what staff call a method of this kind."""
    return NAMES.get(kind, kind.replace("_", " ") or "another method")


@dataclass(frozen=True, slots=True)
class AwaitedPayment:
    """A payment that waits for the customer. Instants are UTC."""

    invoice_id: int
    intent_id: str
    kind: str
    """Stripe's word for the method, such as `konbini`; empty when unknown."""
    amount: Money
    since: datetime
    until: datetime | None
    """When it expires; None: Stripe names no end."""
    instructions_url: str = field(repr=False)

    @property
    def name(self) -> str:
        """What staff call the method."""
        return name_of(self.kind)

    @property
    def text(self) -> str:
        """How and until when, for staff: `Konbini until 2026-03-21T14:59+00:00`."""
        return f"{self.name} until {self.until.isoformat(timespec='minutes')}" if self.until else self.name

    def over(self, now: datetime) -> bool:
        """Whether its time has passed; Stripe may say so a little later."""
        return self.until is not None and self.until <= now


def begin(
    session: Session,
    *,
    attempt: PaymentAttempt,
    invoice: Invoice,
    waiting: Waiting,
    actor: str,
    now: datetime,
) -> None:
    """Note what an attempt waits for. Under the invoice's lock; safe to repeat.

    One that is being cancelled, or is beyond waiting, stays as it is.
    """
    again = attempt.status is AttemptStatus.WAITING
    if not again and attempt.status is not AttemptStatus.OPEN:
        return
    until = datetime.fromtimestamp(waiting.expires_at, UTC) if waiting.expires_at else None
    news = not again or (attempt.waits_for, attempt.expires_at) != (waiting.kind, until)
    if not again:
        move_on(session, attempt, AttemptStatus.WAITING, now=now)
    attempt.waits_for, attempt.expires_at = waiting.kind, until
    attempt.instructions_url = waiting.instructions_url
    if not news:
        return
    # The reconciler asks soon, and the ladder learns what holds it.
    attempt.look_at, invoice.next_reminder_at = None, now
    detail = _awaited(attempt).text
    entries.note(session, invoice=invoice, kind="payment_waiting", actor=actor, now=now, detail=detail)
    session.flush()


def awaited(session: Session, *, invoice_id: int) -> AwaitedPayment | None:
    """Return the payment of an invoice that waits for its customer, if any."""
    return among(session, invoice_ids=(invoice_id,)).get(invoice_id)


def among(session: Session, *, invoice_ids: Iterable[int]) -> dict[int, AwaitedPayment]:
    """Return the payments that wait for their customers, by invoice."""
    statement = select(PaymentAttempt).where(
        PaymentAttempt.invoice_id.in_(list(invoice_ids)), PaymentAttempt.status == AttemptStatus.WAITING
    )
    return {row.invoice_id: _awaited(row) for row in session.scalars(statement)}


def _awaited(attempt: PaymentAttempt) -> AwaitedPayment:
    return AwaitedPayment(
        invoice_id=attempt.invoice_id,
        intent_id=attempt.intent_id or "",
        kind=attempt.waits_for,
        amount=Money(from_stripe_amount(attempt.amount, attempt.currency), attempt.currency),
        since=attempt.updated_at,
        until=attempt.expires_at,
        instructions_url=attempt.instructions_url,
    )
