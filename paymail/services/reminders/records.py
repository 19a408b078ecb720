"""What the database says about some invoices that their reminders depend on, read by a handful of queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Message, MessageKind, MessageState
from paymail.services.core.customers import written_to
from paymail.services.ledger import awaited_payments
from paymail.services.ledger.awaited_payments import AwaitedPayment
from paymail.services.outbox import suppressions
from paymail.services.reminders import holds
from paymail.services.reminders.permission import Hold

HANDED_OVER = (MessageState.HANDOVER, MessageState.SENT, MessageState.UNKNOWN, MessageState.BOUNCED)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an email, or when it is due."""

    state: MessageState
    handed_over_at: datetime | None
    next_at: datetime
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Records:
    """What the database says about some invoices, by invoice id (suppressions: by address)."""

    reminders: dict[int, dict[str, Written]]
    """Each reminder by its dedupe key."""
    invoice_emails: dict[int, Written]
    """The newest invoice email."""
    first_emailed: dict[int, datetime]
    """When an invoice email was first handed over."""
    known_to_customer: set[int]
    """The invoices of which some email was handed over."""
    holds: dict[int, list[Hold]]
    awaited: dict[int, AwaitedPayment]
    """Payments that the customer makes by their own act."""
    suppressed: dict[str, str]

    @classmethod
    def read(
        cls, session: Session, invoices: Sequence[Invoice], now: datetime, without: Collection[str]
    ) -> "Records":
        ids = [invoice.invoice_id for invoice in invoices]
        reminders: dict[int, dict[str, Written]] = {}
        emails: dict[int, Written] = {}
        first: dict[int, datetime] = {}
        known: set[int] = set()
        statement = (
            select(
                Message.invoice_id,
                Message.kind,
                Message.dedupe_key,
                Message.state,
                Message.handed_over_at,
                Message.next_at,
                Message.by_hand,
            )
            .where(Message.invoice_id.in_(ids), Message.kind.in_((MessageKind.INVOICE, MessageKind.REMINDER)))
            .order_by(Message.message_id)
        )
        for invoice_id, kind, key, state, handed_over_at, next_at, by_hand in session.execute(statement):
            written = Written(state, handed_over_at, next_at, by_hand)
            if key not in without and state in HANDED_OVER:
                known.add(invoice_id)
            if kind is MessageKind.INVOICE:
                emails[invoice_id] = written
                if state in HANDED_OVER and handed_over_at is not None:
                    first[invoice_id] = min(first.get(invoice_id, handed_over_at), handed_over_at)
            elif key not in without:
                reminders.setdefault(invoice_id, {})[key] = written
        held: dict[int, list[Hold]] = {}
        for hold in holds.in_force(session, invoice_ids=ids, now=now):
            held.setdefault(hold.invoice_id, []).append(Hold(hold.reason, hold.until))
        addresses = [one for i in invoices for one in written_to(i.customer, "reminders")]
        awaited = awaited_payments.among(session, invoice_ids=ids)
        suppressed = suppressions.among(session, addresses=addresses)
        return cls(reminders, emails, first, known, held, awaited, suppressed)
