"""A customer's statement of account by email."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.letterhead import UNLINKED, CustomerEmail, Letterhead
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvoice:
    """An invoice that is not paid on the day of the statement; `open` is what it lacks."""

    number: str
    due: date
    overdue: bool
    open: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEmail(CustomerEmail):
    """What a customer owes on the day that it is written. The statement is attached; it holds no pay link.

    `invoice_number` is only what the outbox files it under.
    """

    kind: ClassVar[MessageKind] = MessageKind.STATEMENT

    since: date
    day: date
    balance: Money
    """Below zero where more was paid than charged."""
    credit: Money
    """What was paid beyond what invoices asked for; the balance is what is open, less this."""
    overdue: Money
    invoices: tuple[OpenInvoice, ...]
    more: bool
    """Whether there are more open invoices than these, which are the oldest."""

    @classmethod
    def sample(cls) -> Self:
        """Two open invoices, of which one is overdue."""
        head: Letterhead = {**UNLINKED, "reference": "C00008", "verify_code": "", "verify_url": ""}
        return cls(
            **head,
            since=date(2026, 1, 16),
            day=date(2026, 4, 16),
            balance=Money(20625, "AUD"),
            credit=Money(0, "AUD"),
            overdue=Money(8250, "AUD"),
            invoices=(
                OpenInvoice(number="502", due=date(2026, 4, 11), overdue=True, open=Money(8250, "AUD")),
                OpenInvoice(number="511", due=date(2026, 4, 30), overdue=False, open=Money(12375, "AUD")),
            ),
            more=False,
        )
