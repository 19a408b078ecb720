"""The email with a receipt."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from paymail.emails.instalments import EmailInstalment
from paymail.emails.invoice import EmailLine, InvoiceEmail
from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money
from paymail.tax import TaxTotal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptEmail(CustomerEmail):
    """Thanks for one payment. `balance` is what is still owed on the invoice afterwards.

    A payment of the whole invoice at once shows what it was for: `lines`, `subtotal` and `taxes`. `tax` is
    what of the amount is tax, zero where it cannot be said. With a payment plan, `parts` are its instalments
    after the payment, and `next_amount` is due on `next_due` (None: nothing is). `payable` is whether the
    rest can be paid online.
    """

    kind: ClassVar[MessageKind] = MessageKind.RECEIPT

    receipt_number: str
    paid_on: date
    method: str
    amount: Money
    invoice_total: Money
    balance: Money
    lines: tuple[EmailLine, ...]
    subtotal: Money
    tax_name: str
    taxes: tuple[TaxTotal, ...]
    tax: Money
    parts: tuple[EmailInstalment, ...]
    next_due: date | None
    next_amount: Money
    late: bool
    """Whether `next_due` is over."""
    payable: bool
    overpaid: Money
    """What of the amount is certainly more than the invoice."""
    in_full: bool
    """Whether payments alone left nothing to pay: nothing was credited or written off."""
    enclosed: bool
    """Whether the paid invoice is attached too."""

    @classmethod
    def sample(cls) -> Self:
        """The receipt for the seed's invoice 502."""
        bill = InvoiceEmail.sample()
        return cls(
            **SAMPLE,
            receipt_number="R-000001",
            paid_on=date(2026, 3, 17),
            method="Visa ending 4242",
            amount=Money(8250, "AUD"),
            invoice_total=Money(8250, "AUD"),
            balance=Money(0, "AUD"),
            lines=bill.lines,
            subtotal=bill.subtotal,
            tax_name=bill.tax_name,
            taxes=bill.taxes,
            tax=bill.tax,
            parts=(),
            next_due=None,
            next_amount=Money(0, "AUD"),
            late=False,
            payable=False,
            overpaid=Money(0, "AUD"),
            in_full=True,
            enclosed=True,
        )
