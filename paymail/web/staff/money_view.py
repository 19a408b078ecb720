"""The money block of an invoice's page: what it shows, and the forms in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.errors import InvalidInput
from paymail.models import Channel, Invoice, InvoiceStatus, PaymentStatus
from paymail.money import to_decimal
from paymail.services.core.documents import WAYS
from paymail.services.core.invoices import local_date
from paymail.services.payments.statement import Statement, statement
from paymail.web.staff.form_actions import Sequence, StaffForm, Text

RequestKey = Annotated[Text, Field(min_length=8, max_length=80)]


class NotConfirmed(InvalidInput):
    """The box that says "I mean it" is not ticked."""

    code = "not_confirmed"


class PaymentForm(StaffForm):
    """Record a payment that came another way; `surplus` says that more than is owed is meant."""

    amount: Text = ""
    channel: Text = Channel.BANK_TRANSFER.value
    day: Text = ""
    reference: Text = ""
    surplus: Text = ""
    request_key: RequestKey


class RefundForm(StaffForm):
    """Give a payment back, or a part of it."""

    amount: Text = ""
    channel: Text = ""
    reason: Text = ""
    owed_again: Text = ""
    sure: Text = ""
    request_key: RequestKey


class CopyForm(StaffForm):
    """Send a receipt again."""

    sequence: Sequence


class CreditForm(StaffForm):
    """Issue a credit note over what is owed, or a part of it."""

    amount: Text = ""
    reason: Text = ""
    sure: Text = ""
    request_key: RequestKey


class WriteOffForm(StaffForm):
    """Give up what is owed; `before` is what was written off when the page was shown."""

    amount: Text = ""
    reason: Text = ""
    before: Text = "0"


class VoidForm(StaffForm):
    """Cancel an invoice for good."""

    reason: Text = ""
    sure: Text = ""


class PartsForm(StaffForm):
    """Which parts the customer may pay; `parts` is on or off."""

    parts: Text = "off"
    minimum: Text = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """A line of the account, in minor units."""

    name: str
    amount: int
    always: bool = False


@dataclass(frozen=True, slots=True)
class MoneyBlock:
    """What the block shows beside its forms."""

    account: Statement
    sums: list[Sum]
    can_record: bool
    can_write_off: bool
    can_void: bool
    takes_parts: bool
    ways: dict[Channel, str]


WORDS = {**WAYS, Channel.STRIPE: "Stripe", Channel.HOST: "Your system"}


def major(minor: int, currency: str) -> str:
    """Return minor units as a person types them: `82.50`."""
    return f"{to_decimal(minor, currency):f}"


def money_block(session: Session, *, invoice_id: int) -> MoneyBlock:
    """Return what the block of an invoice shows. Raises NoSuchInvoice."""
    account = statement(session, invoice_id=invoice_id)
    invoice = account.invoice
    clearing = invoice.payment_status is PaymentStatus.PROCESSING
    void = invoice.status is InvoiceStatus.VOID
    return MoneyBlock(
        account=account,
        sums=_sums(invoice),
        can_record=invoice.status is InvoiceStatus.SENT,
        can_write_off=invoice.owed and not clearing,
        can_void=not void and not invoice.received and not clearing,
        takes_parts=not void,
        ways=WORDS,
    )


def _sums(invoice: Invoice) -> list[Sum]:
    owed = 0 if invoice.status is InvoiceStatus.VOID else invoice.balance
    lines = (
        Sum("Total", invoice.total, always=True),
        Sum("Credited", invoice.amount_credited),
        Sum("Written off", invoice.amount_written_off),
        Sum("Received", invoice.amount_paid, always=True),
        Sum("Refunded", invoice.amount_refunded),
        Sum("Charged back", invoice.amount_charged_back),
        Sum("Balance", owed, always=True),
        Sum("Overpaid", invoice.overpaid),
    )
    return [line for line in lines if line.always or line.amount]


def money_forms(block: MoneyBlock, now: datetime) -> dict[str, StaffForm]:
    """Return the forms of the block as they are shown first, prefilled with what is likely meant."""
    invoice = block.account.invoice
    currency = invoice.currency
    minimum = invoice.part_minimum
    forms: dict[str, StaffForm] = {
        "payment": PaymentForm(
            amount=major(invoice.balance, currency) if invoice.balance else "",
            day=local_date(invoice.issuer, now).isoformat(),
            request_key=new_id(),
        ),
        "credit": CreditForm(amount=major(invoice.balance, currency), request_key=new_id()),
        "write_off": WriteOffForm(
            amount=major(invoice.balance, currency), before=major(invoice.amount_written_off, currency)
        ),
        "void": VoidForm(),
        "parts": PartsForm(
            parts="on" if minimum else "off", minimum=major(minimum, currency) if minimum else ""
        ),
    }
    for one in block.account.payments:
        forms[f"refund-{one.payment.payment_id}"] = RefundForm(
            amount=major(one.refundable, currency), channel=one.payment.channel.value, request_key=new_id()
        )
    return forms
