"""Emails about money that went back or did not arrive, and new links; see `emails.py` for how one is made."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.money import Money


@dataclass(frozen=True, slots=True)
class RefundEmail:
    """Money goes back to the customer. `balance` is what is owed on the invoice afterwards."""

    kind: ClassVar[str] = "refund"

    issuer_name: str
    issuer_email: str
    customer_name: str
    invoice_number: str
    credit_note: str
    """Number of the attached credit note; empty when nothing was taken off the invoice."""
    refunded_on: date
    amount: Money
    by_card: bool
    """Whether it goes back by Stripe, to the card or account that paid, within days."""
    method: str
    """How the money goes back, for people; `Visa ending 4242` or `bank transfer`."""
    reason: str
    balance: Money
    payment_url: str
    locale: str

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return self.kind

    @classmethod
    def sample(cls) -> Self:
        """A part of invoice 502 is given back."""
        return cls(
            issuer_name="Southern IT Services Pty Ltd",
            issuer_email="billing@southern-it.example",
            customer_name="The Vacuum Shop",
            invoice_number="502",
            credit_note="CN-000001",
            refunded_on=date(2026, 3, 20),
            amount=Money(2000, "AUD"),
            by_card=True,
            method="Visa ending 4242",
            reason="One hour less than billed",
            balance=Money(1000, "AUD"),
            payment_url="https://billing.example/pay/" + "0" * 64,
            locale="en-AU",
        )


@dataclass(frozen=True, slots=True)
class FailedPaymentEmail:
    """A slow payment (bank debit) was refused after all; the invoice is owed again."""

    kind: ClassVar[str] = "payment_failed"

    issuer_name: str
    issuer_email: str
    customer_name: str
    invoice_number: str
    due: date
    amount: Money
    balance: Money
    payment_url: str
    locale: str

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return self.kind

    @classmethod
    def sample(cls) -> Self:
        """The debit for invoice 502 is returned."""
        return cls(
            issuer_name="Southern IT Services Pty Ltd",
            issuer_email="billing@southern-it.example",
            customer_name="The Vacuum Shop",
            invoice_number="502",
            due=date(2026, 4, 11),
            amount=Money(8250, "AUD"),
            balance=Money(8250, "AUD"),
            payment_url="https://billing.example/pay/" + "0" * 64,
            locale="en-AU",
        )


@dataclass(frozen=True, slots=True)
class LinkEmail:
    """A new pay link, which the customer asked for; it works through `last_day`, None is for ever."""

    kind: ClassVar[str] = "link"

    issuer_name: str
    issuer_email: str
    customer_name: str
    invoice_number: str
    due: date
    balance: Money
    last_day: date | None
    payment_url: str
    locale: str

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return self.kind

    @classmethod
    def sample(cls) -> Self:
        """Invoice 502, long overdue."""
        return cls(
            issuer_name="Southern IT Services Pty Ltd",
            issuer_email="billing@southern-it.example",
            customer_name="The Vacuum Shop",
            invoice_number="502",
            due=date(2026, 4, 11),
            balance=Money(8250, "AUD"),
            last_day=date(2026, 6, 30),
            payment_url="https://billing.example/pay/" + "0" * 64,
            locale="en-AU",
        )
