"""A company's own words in its emails: which parts they stand in for, and which values they can name.

They are free texts. Amounts, dates, the pay button, tax and legal details are paymail's in every email, and
where a company's words could be untrue of an email, paymail's stand there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from paymail.emails.invoice import InvoiceEmail
from paymail.emails.letterhead import Email
from paymail.emails.receipt import ReceiptEmail
from paymail.emails.refund import RefundEmail
from paymail.emails.reminder import ReminderEmail, Tone
from paymail.emails.statement import StatementEmail

PARTS: Final = ("subject", "preheader", "opening", "closing")
"""What a company can say itself; the first two are one line."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What a company says itself in one kind of email and one language, with placeholders as they were typed.

    An empty part is paymail's. Paragraphs of `opening` and `closing` are parted by an empty line.
    """

    subject: str = ""
    preheader: str = ""
    """The first line in the inbox, beside the subject."""
    opening: str = ""
    """Takes the place of the greeting and of the sentences after it that only lead to the facts."""
    closing: str = ""
    """Stands after the facts; paymail itself says nothing there."""

    @property
    def parts(self) -> dict[str, str]:
        """The texts, by PARTS."""
        return {name: getattr(self, name) for name in PARTS}


_EVERY = {"customer_name": "customer_name", "company": "issuer_name"}
_INVOICE = {**_EVERY, "number": "invoice_number"}
_OWED = {**_INVOICE, "total": "total", "balance": "balance", "issue_date": "issued", "due_date": "due"}
_LATE = {**_OWED, "days_overdue": "days_overdue"}
PLACEHOLDERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "invoice": _OWED,
        "statement": {**_EVERY, "balance": "balance", "statement_date": "day"},
        "reminder_upcoming": _OWED,
        "reminder_due": _OWED,
        "reminder_friendly": _LATE,
        "reminder_firm": _LATE,
        "reminder_final": _LATE,
        "receipt": {
            **_INVOICE,
            "total": "invoice_total",
            "amount": "amount",
            "receipt_number": "receipt_number",
            "paid_date": "paid_on",
        },
        "refund": {**_INVOICE, "amount": "amount", "balance": "balance", "refund_date": "refunded_on"},
        "payment_failed": {**_INVOICE, "amount": "amount", "balance": "balance", "issue_date": "issued"},
        "link": {**_INVOICE, "balance": "balance"},
        "plan": {**_INVOICE, "total": "total", "balance": "balance"},
        "void": {**_INVOICE, "total": "total", "issue_date": "issued"},
    }
)
"""Of each template folder that can have a company's own words: the names that these may use, and the field of
its email that each stands for. No token is among them, and no field that can be empty."""


def own_words_hold(email: Email) -> bool:
    """Whether a company's subject, preheader and opening are true of an email; its closing always stands.

    They are written for the usual case, and what was typed cannot know of an instalment, of a payment that
    leaves something open, of a credit note by which no money goes back, of a credit that
    covers what is open, or that "due today" was yesterday.
    """
    if isinstance(email, InvoiceEmail):
        return bool(email.balance.minor) and not email.parts
    if isinstance(email, ReminderEmail):
        return not email.instalments and (email.tone is not Tone.DUE or not email.days_overdue)
    if isinstance(email, ReceiptEmail):
        return email.in_full
    if isinstance(email, RefundEmail):
        return bool(email.amount.minor)
    if isinstance(email, StatementEmail):
        return bool(email.invoices) and email.balance.minor > 0
    return True
