"""One row of the list of invoices: the facts in words, and what to do about each problem."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.ledger import awaited_payments
from paymail.services.ledger.awaited_payments import AwaitedPayment
from paymail.services.lists import delivery_state, payment_state
from paymail.services.lists.delivery_state import OPEN, Delivery, InvoiceEmail
from paymail.services.lists.payment_state import PaymentState
from paymail.web.staff.local_time import short_day

_D, _P = Delivery, PaymentState
DELIVERY_BADGES: dict[Delivery, tuple[str, str]] = {
    _D.NOT_EMAILED: ("hollow", "Not emailed"),
    _D.SCHEDULED: ("info", "Scheduled"),
    _D.WAITING: ("warn", "Waiting"),
    _D.SENDING: ("info", "Sending"),
    _D.SENT: ("good", "Sent"),
    _D.DELIVERED: ("good", "Delivered"),
    _D.VIEWED: ("good", "Viewed"),
    _D.BOUNCED: ("bad", "Bounced"),
    _D.IN_DOUBT: ("bad", "In doubt"),
    _D.FAILED: ("bad", "Failed"),
    _D.BLOCKED: ("bad", "Blocked"),
    _D.NOT_NEEDED: ("still", "Not needed"),
    _D.CANCELLED: ("still", "Cancelled"),
}
"""Tone and word; one word, one tone."""
PAYMENT_BADGES: dict[PaymentState, tuple[str, str]] = {
    _P.OWED: ("", "Owed"),
    _P.UNPAID: ("", "Unpaid"),
    _P.PART_PAID: ("warn", "Part paid"),
    _P.CLEARING: ("info", "Clearing"),
    _P.PAID: ("good", "Paid"),
    _P.NOTHING_DUE: ("good", "Nothing due"),
    _P.OVERPAID: ("warn", "Overpaid"),
    _P.REFUNDED: ("still", "Refunded"),
    _P.PART_REFUNDED: ("still", "Part refunded"),
    _P.WRITTEN_OFF: ("still", "Written off"),
    _P.DRAFT: ("hollow", "Draft"),
    _P.VOID: ("still", "Void"),
    _P.DISPUTED: ("bad", "Disputed"),
    _P.OBJECTED: ("bad", "Objected"),
    _P.COMPLAINED: ("warn", "Called spam"),
    _P.SAYS_PAID: ("warn", "Says paid"),
    _P.PROMISED: ("info", "Promised"),
    _P.PROMISE_BROKEN: ("warn", "Promise broken"),
    _P.ON_A_PLAN: ("info", "On a plan"),
}
_FIXES = {
    _D.BOUNCED: ("The email came back.", "/staff/invoices/{invoice}#next", "Correct the address"),
    _D.IN_DOUBT: ("It may have arrived.", "/staff/messages/{message}", "Decide"),
    _D.FAILED: ("No more tries follow.", "/staff/messages/{message}", "See why"),
    _D.BLOCKED: ("The address is on the block list.", "/staff/suppressions", "See the list"),
}


@dataclass(frozen=True, slots=True)
class Fix:
    """What is wrong, and where a person does something about it."""

    why: str
    address: str
    act: str


@dataclass(frozen=True, slots=True)
class Row:
    """An invoice of the list. `age` is beside the due date; `late` colours it."""

    invoice: Invoice
    issued: str
    due: str
    age: str
    late: bool
    delivery: tuple[str, str]
    email: InvoiceEmail | None
    fix: Fix | None
    payment: tuple[str, str]
    awaited: AwaitedPayment | None
    balance: Money
    total: Money


def rows_of(session: Session, invoices: Iterable[Invoice], now: datetime) -> list[Row]:
    """Return the rows of invoices with issuer and customer. Three statements, however many they are."""
    found = list(invoices)
    ids = [one.invoice_id for one in found]
    emails = delivery_state.emails_of(session, invoice_ids=ids)
    said = payment_state.said_of(session, invoice_ids=ids, now=now)
    awaited = awaited_payments.among(session, invoice_ids=ids)
    return [
        _row(one, emails.get(one.invoice_id), said.get(one.invoice_id), awaited.get(one.invoice_id), now)
        for one in found
    ]


def _row(
    invoice: Invoice,
    email: InvoiceEmail | None,
    said: PaymentState | None,
    awaited: AwaitedPayment | None,
    now: datetime,
) -> Row:
    today = local_date(invoice.issuer, now)
    days = (today - invoice.due_date).days
    delivery = email.delivery if email else Delivery.NOT_EMAILED
    shown = 0 if invoice.status == "void" else invoice.shortfall
    return Row(
        invoice=invoice,
        issued=short_day(invoice.issued_date, today),
        due=short_day(invoice.due_date, today),
        age=age_words(days) if invoice.owed else "",
        late=days > 0,
        delivery=DELIVERY_BADGES[_standing(invoice, delivery)],
        email=email,
        fix=_fix(invoice, email),
        payment=PAYMENT_BADGES[payment_state.state_of(invoice, said)],
        awaited=awaited,
        balance=Money(shown, invoice.currency),
        total=Money(invoice.total, invoice.currency),
    )


def _standing(invoice: Invoice, delivery: Delivery) -> Delivery:
    """What waits for its time is not sent once the invoice is void; the worker finds it only then."""
    ends = invoice.status == "void" and delivery in OPEN
    return Delivery.NOT_NEEDED if ends else delivery


def age_words(days: int) -> str:
    """Return how far a due date is: `12 days overdue`, `today`, `in 3 days`."""
    if not days:
        return "today"
    counted = "1 day" if abs(days) == 1 else f"{abs(days)} days"
    return f"{counted} overdue" if days > 0 else f"in {counted}"


def _fix(invoice: Invoice, email: InvoiceEmail | None) -> Fix | None:
    if email is None or email.delivery not in _FIXES or not invoice.owed:
        return None
    why, address, act = _FIXES[email.delivery]
    return Fix(why, address.format(invoice=invoice.invoice_id, message=email.message_id), act)
