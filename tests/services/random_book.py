"""Invoices in all the states that emails depend on, drawn at random, but the same for the same seed."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import TypeVar

from sqlalchemy.orm import Session

from paymail.models import (
    AttemptStatus,
    Contact,
    ContactOrigin,
    ContactRole,
    HoldReason,
    Instalment,
    Invoice,
    InvoiceStatus,
    Message,
    MessageKind,
    MessageState,
    PaymentAttempt,
    PaymentPlan,
    PaymentStatus,
    ReminderHold,
    Suppression,
)
from paymail.services.outbox import dedupe_keys, queue
from paymail.services.reminders.policy import schedule
from paymail.services.reminders.situation import policy_of
from tests.factories import NOW, make_invoice

T = TypeVar("T")
LADDERS = ("", "", "", "-10:upcoming, -3:upcoming, 2:friendly", "0:due, 1:firm", "not a ladder")


class RandomBook:
    """Writes one invoice after the other; each fact of it comes up now and then."""

    def __init__(self, session: Session, seed: int) -> None:
        self._session = session
        self._random = Random(seed)

    def add(self, invoice_id: int) -> None:
        """Write an invoice that the ladder is to look at."""
        invoice = make_invoice(
            self._session,
            invoice_id=invoice_id,
            paid=self._one((0, 0, 0, 4000, 8250)),
            due_in=self._random.randint(-35, 5),
            reminders=True,
            ladder=self._one(LADDERS),
            status=self._one((InvoiceStatus.SENT,) * 12 + (InvoiceStatus.DRAFT, InvoiceStatus.VOID)),
        )
        self._session.refresh(invoice, ["issuer", "customer"])
        invoice.reminders_from = NOW - timedelta(days=self._one((0, 10, 60)))
        invoice.reminders_off = self._rarely()
        invoice.payment_token = None if self._rarely() else invoice.payment_token
        if not invoice.amount_paid and self._rarely():
            invoice.payment_status = PaymentStatus.PROCESSING
        for fact in (self._customer, self._contact, self._suppression, self._hold, self._plan, self._awaited):
            self._now_and_then(fact, invoice)
        self._emails(invoice)

    def _customer(self, invoice: Invoice) -> None:
        customer = invoice.customer
        customer.reminders_off, customer.ladder = self._rarely(), self._one(LADDERS)
        customer.erased_at = NOW if self._rarely() else None
        if self._rarely():
            customer.held_at, customer.held_by, customer.held_reason = NOW, "amy", "on leave"
            customer.held_until = self._one((None, NOW - timedelta(hours=1), NOW + timedelta(days=3)))

    def _contact(self, invoice: Invoice) -> None:
        self._session.add(
            Contact(
                customer_id=invoice.customer_id,
                email=f"books{invoice.invoice_id}@customer.example",
                role=self._one(tuple(ContactRole)),
                reminders=self._one((True, False)),
                origin=ContactOrigin.STAFF,
                created_at=NOW,
            )
        )

    def _suppression(self, invoice: Invoice) -> None:
        address = self._one((invoice.customer.email, f"books{invoice.invoice_id}@customer.example"))
        gone = Suppression(address=address, reason="bounced", created_at=NOW, created_by="test")
        gone.lifted_at = self._one((None, None, NOW))
        self._session.add(gone)

    def _hold(self, invoice: Invoice) -> None:
        hold = ReminderHold(
            invoice_id=invoice.invoice_id,
            reason=self._one(tuple(HoldReason)),
            until=self._one((None, NOW - timedelta(hours=1), NOW + timedelta(days=2))),
            placed_at=NOW - timedelta(days=1),
            placed_by="amy",
            lifted_at=self._one((None, None, NOW)),
        )
        self._session.add(hold)

    def _plan(self, invoice: Invoice) -> None:
        plan = PaymentPlan(invoice_id=invoice.invoice_id, actor="amy", created_at=NOW)
        parts = ((1, -20, 4125), (2, 10, 4125))
        plan.instalments = [
            Instalment(position=position, due_date=NOW.date() + timedelta(days=days), amount=amount)
            for position, days, amount in parts
        ]
        self._session.add(plan)

    def _awaited(self, invoice: Invoice) -> None:
        self._session.add(
            PaymentAttempt(
                invoice_id=invoice.invoice_id,
                generation=1,
                account="acct_1",
                amount=8250,
                currency="AUD",
                idempotency_key=f"key{invoice.invoice_id}",
                status=self._one((AttemptStatus.WAITING, AttemptStatus.CANCELED)),
                waits_for="konbini",
                expires_at=self._one((None, NOW - timedelta(hours=2), NOW + timedelta(days=1))),
                created_at=NOW - timedelta(days=2),
                updated_at=NOW - timedelta(days=2),
            )
        )

    def _emails(self, invoice: Invoice) -> None:
        """Write invoice emails and reminders of the past, in any state."""
        for sequence in range(1, self._one((0, 1, 1, 2)) + 1):
            key = dedupe_keys.invoice_email(invoice_id=invoice.invoice_id, sequence=sequence)
            self._email(invoice, MessageKind.INVOICE, key, self._random.randint(0, 40))
        if "not" in invoice.ladder + invoice.customer.ladder:
            return
        for step in schedule(policy_of(invoice), invoice.due_date):
            if step.at < NOW and self._random.random() < 0.6:
                key = dedupe_keys.reminder(invoice_id=invoice.invoice_id, due=step.due, step=step.rung.key)
                days = (NOW - step.at).days
                self._email(invoice, MessageKind.REMINDER, key, days, by_hand=self._rarely())

    def _email(self, invoice: Invoice, kind: MessageKind, key: str, days: int, by_hand: bool = False) -> None:
        at = NOW - timedelta(days=days)
        state = self._one((MessageState.SENT,) * 6 + tuple(MessageState))
        out = state in (MessageState.SENT, MessageState.HANDOVER, MessageState.UNKNOWN, MessageState.BOUNCED)
        ahead = state is MessageState.SCHEDULED and self._rarely()
        queued = queue.add(
            self._session,
            dedupe_key=key,
            kind=kind,
            invoice=invoice,
            actor="test",
            now=at,
            at=NOW + timedelta(days=2) if ahead else at,
            state=state,
            by_hand=by_hand,
        )
        self._session.get_one(Message, queued.message_id).handed_over_at = at if out else None

    def _one(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def _rarely(self) -> bool:
        return self._random.random() < 0.1

    def _now_and_then(self, fact: Callable[[Invoice], None], invoice: Invoice) -> None:
        if self._random.random() < 0.15:
            fact(invoice)
