"""Notices to the issuer's staff."""

from dataclasses import dataclass
from typing import ClassVar, Self

from paymail.emails.letterhead import SAMPLE, StaffEmail
from paymail.models import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeEmail(StaffEmail):
    """A word to the issuer's staff about one of their invoices. It goes to them, never to the customer."""

    kind: ClassVar[MessageKind] = MessageKind.NOTICE

    headline: str
    detail: str

    @classmethod
    def sample(cls) -> Self:
        """A bounce of invoice 502."""
        return cls(
            issuer_name=SAMPLE["issuer_name"],
            invoice_number=SAMPLE["invoice_number"],
            customer_name=SAMPLE["customer_name"],
            headline="An email bounced",
            detail="accounts@vacuum.example does not exist (5.1.1). Reminders are on hold until it is fixed.",
            staff_url="https://billing.example/staff/invoices/502",
            locale=SAMPLE["locale"],
        )
