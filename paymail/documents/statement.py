"""A customer's statement on paper."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from paymail.documents.parties import Party, Seller
from paymail.money import Money


class Movement(StrEnum):
    """What a row of a statement is about."""

    FORWARD = "forward"
    """What all rows before the statement's first day come to."""
    INVOICE = "invoice"
    PAYMENT = "payment"
    REFUND = "refund"
    CREDIT = "credit"
    TAKEN_BACK = "taken_back"
    """A payment that the customer's bank took back."""
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One change of what is owed, above zero where it is charged; `balance` is what is owed after it."""

    day: date
    movement: Movement
    amount: Money
    balance: Money
    invoice_number: str = ""
    number: str = ""
    """Of the receipt or credit note."""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Ages:
    """What is open on the day, by how long it is overdue; the balance is less where too much was paid."""

    not_due: Money
    to_30: Money
    to_60: Money
    older: Money

    @property
    def total(self) -> Money:
        """All that is open."""
        return Money(self.not_due.minor + self.overdue.minor, self.not_due.currency)

    @property
    def overdue(self) -> Money:
        """All that is overdue."""
        minor = self.to_30.minor + self.to_60.minor + self.older.minor
        return Money(minor, self.not_due.currency)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice that is not paid on the day; `open` is what it lacks."""

    invoice_id: int
    number: str
    due: date
    open: Money


@dataclass(frozen=True, slots=True)
class StatementDocument:
    """What a customer was charged and paid between two days, in one currency, and what is open then."""

    template: ClassVar[str] = "statement.html"

    account: str
    """What the customer is known by here; a transfer names it."""
    issuer: Seller
    customer: Party
    since: date
    day: date
    rows: tuple[StatementRow, ...]
    balance: Money
    ages: Ages
    open: tuple[OpenItem, ...] = ()
    """The invoices that `ages` is made of, the oldest due date first."""
    locale: str = "en-AU"

    @property
    def filename(self) -> str:
        """What the file is called."""
        return f"statement-{self.account}-{self.day}.pdf"

    @property
    def credit(self) -> Money:
        """What was paid beyond what invoices asked for: the balance is what is open, less this."""
        return Money(self.ages.total.minor - self.balance.minor, self.balance.currency)

    @property
    def reference(self) -> str:
        """What a bank transfer should name."""
        return self.account
