"""The email about a payment plan."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.instalments import EmailInstalment
from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEmail(CustomerEmail):
    """A plan was agreed on or changed. `due` is the date of the invoice, which its instalments replace.

    `asked` is what is to be paid by `asked_by`, the day of the oldest instalment that is open.
    """

    kind: ClassVar[MessageKind] = MessageKind.PLAN

    agreed_on: date
    due: date
    asked: Money
    asked_by: date
    parts: tuple[EmailInstalment, ...]
    total: Money
    balance: Money

    @classmethod
    def sample(cls) -> Self:
        """Invoice 502 in three instalments."""
        each = Money(2750, "AUD")
        days = (date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1))
        return cls(
            **SAMPLE,
            agreed_on=date(2026, 4, 20),
            due=date(2026, 4, 11),
            asked=each,
            asked_by=days[0],
            parts=tuple(EmailInstalment(day, each, each) for day in days),
            total=Money(8250, "AUD"),
            balance=Money(8250, "AUD"),
        )
