"""The email about a slow payment that did not arrive after all."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedPaymentEmail(CustomerEmail):
    """A slow payment (bank debit) was refused after all; the invoice is owed again."""

    kind: ClassVar[MessageKind] = MessageKind.PAYMENT_FAILED

    issued: date
    due: date | None
    """Empty: a payment plan says when."""
    reason: str
    """Why, in the bank's code as Stripe has it (`insufficient_funds`); empty when unknown."""
    method: str
    """What it was to be paid with, `Bank debit ending 6789`; empty when unknown."""
    started_on: date | None
    """When the customer began it; None when unknown."""
    amount: Money
    balance: Money

    @classmethod
    def sample(cls) -> Self:
        """The debit for invoice 502 is returned."""
        return cls(
            **SAMPLE,
            issued=date(2026, 3, 12),
            due=date(2026, 4, 11),
            reason="insufficient_funds",
            method="Bank debit ending 6789",
            started_on=date(2026, 4, 9),
            amount=Money(8250, "AUD"),
            balance=Money(8250, "AUD"),
        )
