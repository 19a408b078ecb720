"""The email about an invoice that was cancelled."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.letterhead import UNLINKED, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidEmail(CustomerEmail):
    """An invoice that was emailed is void. It never holds a pay link: there is nothing to pay."""

    kind: ClassVar[MessageKind] = MessageKind.VOID

    issued: date
    total: Money

    @classmethod
    def sample(cls) -> Self:
        """Invoice 502, voided."""
        return cls(
            **UNLINKED,
            issued=date(2026, 3, 12),
            total=Money(8250, "AUD"),
        )
