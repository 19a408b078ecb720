"""The email with a new pay link."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEmail(CustomerEmail):
    """A new pay link, which the customer asked for; it works through `last_day`, None is for ever."""

    kind: ClassVar[MessageKind] = MessageKind.LINK

    due: date | None
    """Empty: a payment plan says when."""
    balance: Money
    last_day: date | None

    @classmethod
    def sample(cls) -> Self:
        """Invoice 502, long overdue."""
        return cls(
            **SAMPLE,
            due=date(2026, 4, 11),
            balance=Money(8250, "AUD"),
            last_day=date(2026, 6, 30),
        )
