"""The open intent of an invoice whose books change: marked here, cancelled at Stripe by the sweep."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import AttemptStatus, Invoice
from paymail.services.ledger import entries
from paymail.services.ledger.attempts import live_attempt, mark_cancelling, replan, terms_of


def mark_for_cancellation(session: Session, *, invoice_id: int, now: datetime) -> None:
    """Have the invoice's open intent cancelled at Stripe soon. Under the invoice's lock.

    One that is only being created gets another key, so that who asked for it does not adopt it.
    """
    attempt = live_attempt(session, invoice_id=invoice_id)
    if attempt is None:
        return
    if attempt.status in (AttemptStatus.OPEN, AttemptStatus.WAITING):
        mark_cancelling(session, attempt, now=now)
    elif attempt.status is AttemptStatus.CREATING:
        replan(attempt, terms_of(attempt), now=now)


def update_status(session: Session, *, invoice: Invoice, now: datetime, owed_before: int) -> None:
    """Bring an invoice up to its amounts after money went back or came again, and its open intent with it.

    `owed_before` is the balance (minor units) before that. Under the invoice's lock.
    """
    entries.update_status(session, invoice=invoice, now=now, owed_before=owed_before)
    if invoice.balance < owed_before:
        # What the customer has open in a browser would charge the old balance.
        mark_for_cancellation(session, invoice_id=invoice.invoice_id, now=now)
