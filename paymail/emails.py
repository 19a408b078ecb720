"""One frozen dataclass per email kind: the whole context its templates may use, and a sample of it.

A new kind is one class here, one entry in KINDS and one folder in `email_templates/`; a structure test
renders each sample through the real templates.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Self

from paymail.money import Money
from paymail.moneymail import FailedPaymentEmail, LinkEmail, RefundEmail


class Tone(StrEnum):
    """How a reminder speaks; each has templates of its own."""

    UPCOMING = "upcoming"
    DUE = "due"
    FRIENDLY = "friendly"
    FIRM = "firm"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class EmailLine:
    """One line item as the email shows it."""

    description: str
    quantity: Decimal
    amount: Money


@dataclass(frozen=True, slots=True)
class InvoiceEmail:
    """The first email of an invoice. `tax_name` is GST, VAT…; `payment_url` holds the secret token."""

    kind: ClassVar[str] = "invoice"

    issuer_name: str
    issuer_email: str
    customer_name: str
    invoice_number: str
    issued: date
    due: date
    lines: tuple[EmailLine, ...]
    subtotal: Money
    tax_name: str
    tax_rate: Decimal
    tax: Money
    total: Money
    paid: Money
    balance: Money
    payment_url: str
    locale: str

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return self.kind

    @classmethod
    def sample(cls) -> Self:
        """The seed's invoice 502."""
        return cls(
            issuer_name="Southern IT Services Pty Ltd",
            issuer_email="billing@southern-it.example",
            customer_name="The Vacuum Shop",
            invoice_number="502",
            issued=date(2026, 3, 12),
            due=date(2026, 4, 11),
            lines=(EmailLine("Remote support, per hour", Decimal(1), Money(7500, "AUD")),),
            subtotal=Money(7500, "AUD"),
            tax_name="GST",
            tax_rate=Decimal("10.00"),
            tax=Money(750, "AUD"),
            total=Money(8250, "AUD"),
            paid=Money(0, "AUD"),
            balance=Money(8250, "AUD"),
            payment_url="https://billing.example/pay/" + "0" * 64,
            locale="en-AU",
        )


@dataclass(frozen=True, slots=True)
class ReceiptEmail:
    """Thanks for one payment. `balance` is what is still owed on the invoice afterwards."""

    kind: ClassVar[str] = "receipt"

    issuer_name: str
    issuer_email: str
    customer_name: str
    receipt_number: str
    invoice_number: str
    paid_on: date
    method: str
    amount: Money
    invoice_total: Money
    balance: Money
    payment_url: str
    locale: str

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return self.kind

    @classmethod
    def sample(cls) -> Self:
        """The receipt for the seed's invoice 502."""
        return cls(
            issuer_name="Southern IT Services Pty Ltd",
            issuer_email="billing@southern-it.example",
            customer_name="The Vacuum Shop",
            receipt_number="R-000001",
            invoice_number="502",
            paid_on=date(2026, 3, 17),
            method="Visa ending 4242",
            amount=Money(8250, "AUD"),
            invoice_total=Money(8250, "AUD"),
            balance=Money(0, "AUD"),
            payment_url="https://billing.example/pay/" + "0" * 64,
            locale="en-AU",
        )


@dataclass(frozen=True, slots=True)
class ReminderEmail:
    """A reminder of what is still owed. `tone` picks the templates; `days_overdue` is below 0 before due.

    With a payment plan, `due` is an instalment's, `asked` is what is due by then of the `balance`, and it is
    number `instalment` of `instalments`; without one these two are 0.
    """

    kind: ClassVar[str] = "reminder"

    issuer_name: str
    issuer_email: str
    customer_name: str
    invoice_number: str
    issued: date
    due: date
    days_overdue: int
    tone: Tone
    total: Money
    balance: Money
    asked: Money
    instalment: int
    instalments: int
    payment_url: str
    locale: str

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return f"reminder_{self.tone}"

    @classmethod
    def sample(cls, tone: Tone = Tone.FRIENDLY) -> Self:
        """Invoice 502, as many days early or late as the tone is meant for."""
        days = {Tone.UPCOMING: -3, Tone.DUE: 0, Tone.FRIENDLY: 7, Tone.FIRM: 14, Tone.FINAL: 21}
        return cls(
            issuer_name="Southern IT Services Pty Ltd",
            issuer_email="billing@southern-it.example",
            customer_name="The Vacuum Shop",
            invoice_number="502",
            issued=date(2026, 3, 12),
            due=date(2026, 4, 11),
            days_overdue=days[tone],
            tone=tone,
            total=Money(8250, "AUD"),
            balance=Money(8250, "AUD"),
            asked=Money(8250, "AUD"),
            instalment=0,
            instalments=0,
            payment_url="https://billing.example/pay/" + "0" * 64,
            locale="en-AU",
        )


@dataclass(frozen=True, slots=True)
class NoticeEmail:
    """A word to the issuer's staff about one of their invoices. It goes to them, never to the customer."""

    kind: ClassVar[str] = "notice"

    issuer_name: str
    invoice_number: str
    customer_name: str
    headline: str
    detail: str
    staff_url: str
    locale: str

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return self.kind

    @classmethod
    def sample(cls) -> Self:
        """A bounce of invoice 502."""
        return cls(
            issuer_name="Southern IT Services Pty Ltd",
            invoice_number="502",
            customer_name="The Vacuum Shop",
            headline="An email came back",
            detail="accounts@vacuum.example does not exist (5.1.1). Reminders wait until it is put right.",
            staff_url="https://billing.example/staff/invoices/502",
            locale="en-AU",
        )


Email = (
    InvoiceEmail | ReceiptEmail | ReminderEmail | NoticeEmail | RefundEmail | FailedPaymentEmail | LinkEmail
)
KINDS: dict[str, type[Email]] = {
    kind.kind: kind
    for kind in (
        InvoiceEmail,
        ReceiptEmail,
        ReminderEmail,
        NoticeEmail,
        RefundEmail,
        FailedPaymentEmail,
        LinkEmail,
    )
}
_SAMPLES: tuple[Email, ...] = (
    InvoiceEmail.sample(),
    ReceiptEmail.sample(),
    NoticeEmail.sample(),
    RefundEmail.sample(),
    FailedPaymentEmail.sample(),
    LinkEmail.sample(),
    *(ReminderEmail.sample(tone) for tone in Tone),
)
SAMPLES: dict[str, Email] = {sample.template: sample for sample in _SAMPLES}
"""One sample for each template folder."""
