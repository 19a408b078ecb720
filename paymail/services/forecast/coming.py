"""One email that is to go out, as people read of it."""

from dataclasses import dataclass
from datetime import datetime

from paymail.models import Invoice, MessageKind
from paymail.money import Money
from paymail.services.reminders.policy import Policy


@dataclass(frozen=True, slots=True)
class Coming:
    """One email that is to go out. `at` is None for what is held back without an end."""

    invoice_id: int
    number: str
    customer: str
    recipient: str
    kind: MessageKind
    step: str
    balance: Money
    at: datetime | None
    """UTC."""
    local: str
    """`at` on the issuer's clock, as people write it."""
    zone: str
    """The issuer's zone, an IANA name."""
    held: str
    """Why it does not go out as things stand; empty when it will."""


def local_text(policy: Policy, at: datetime | None) -> str:
    """Return an instant on the issuer's clock: `Tue 2026-04-14 09:00 AEST`."""
    return at.astimezone(policy.calendar.zone).strftime("%a %Y-%m-%d %H:%M %Z") if at else ""


def coming(invoice: Invoice, policy: Policy | None, step: str, at: datetime | None, held: str) -> Coming:
    """Return a reminder of an invoice; `policy` is None where it cannot be read."""
    return Coming(
        invoice_id=invoice.invoice_id,
        number=invoice.number,
        customer=invoice.customer.name,
        recipient=invoice.customer.email,
        kind=MessageKind.REMINDER,
        step=step,
        balance=Money(invoice.balance, invoice.currency),
        at=at,
        local=local_text(policy, at) if policy else "",
        zone=invoice.issuer.timezone,
        held=held,
    )
