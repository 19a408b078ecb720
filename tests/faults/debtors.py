"""Invoices of fault tests: each customer has a domain, so that one deferral does not hold up the others."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import AttemptStatus, Customer, Invoice, PaymentAttempt
from paymail.ports.payments import Intent, IntentStatus
from tests.factories import make_invoice

ACCOUNT = "acct_sandbox"
TOTAL = 8250


def make_debtor(session: Session, number: int) -> Invoice:
    """Write an issued, unpaid invoice over TOTAL minor units of AUD."""
    invoice = make_invoice(session, invoice_id=number, name=f"Customer {number}")
    session.get_one(Customer, invoice.customer_id).email = f"c{number}@d{number}.example"
    invoice.next_reminder_at = None  # the ladder sends nothing here by itself
    session.flush()
    return invoice


def open_intent(session: Session, number: int, now: datetime) -> None:
    """Write the attempt of a customer who is about to pay."""
    attempt = PaymentAttempt(
        invoice_id=number,
        generation=1,
        account=ACCOUNT,
        amount=TOTAL,
        currency="AUD",
        intent_id=f"pi_{number}",
        idempotency_key=f"faults-{number}",
        status=AttemptStatus.OPEN,
        created_at=now,
        updated_at=now,
    )
    session.add(attempt)


def intent(number: int, status: IntentStatus) -> Intent:
    """Return what Stripe says of that customer's intent."""
    received = TOTAL if status is IntentStatus.SUCCEEDED else 0
    secret = f"pi_{number}_secret_x"
    return Intent(
        f"pi_{number}",
        ACCOUNT,
        status,
        TOTAL,
        received,
        "AUD",
        secret,
        False,
        str(number),
        "Visa ending 4242",
    )
