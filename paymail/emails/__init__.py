"""The emails that paymail writes: one module for each `MessageKind`.

A kind consists of a frozen dataclass here (all that its templates may use), which says by its base class
whether it goes to the customer or to staff and has a sample; of the templates
`subject.txt`, `body.txt` and `body.html` in the folder of `email_templates/` that its `template` names, and
of its entry in `services/letters/kinds.py`, which says how it is built from rows and when it may go out.
`tests/structure/test_kinds.py` tells what a kind lacks; docs/contributing.md has the steps.
"""

from paymail.emails.answer import AnswerEmail
from paymail.emails.copy import CopyEmail
from paymail.emails.instalments import EmailInstalment
from paymail.emails.invoice import EmailLine, InvoiceEmail
from paymail.emails.letterhead import CustomerEmail, Email, Letterhead, StaffEmail
from paymail.emails.link import LinkEmail
from paymail.emails.notice import NoticeEmail
from paymail.emails.payment_failed import FailedPaymentEmail
from paymail.emails.plan import PlanEmail
from paymail.emails.receipt import ReceiptEmail
from paymail.emails.refund import RefundEmail
from paymail.emails.reminder import ReminderEmail, Tone
from paymail.emails.statement import OpenInvoice, StatementEmail
from paymail.emails.void import VoidEmail
from paymail.models import MessageKind

EMAILS: dict[MessageKind, type[Email]] = {
    email.kind: email
    for email in (
        InvoiceEmail,
        ReceiptEmail,
        ReminderEmail,
        NoticeEmail,
        RefundEmail,
        FailedPaymentEmail,
        LinkEmail,
        PlanEmail,
        VoidEmail,
        CopyEmail,
        AnswerEmail,
        StatementEmail,
    )
}
SAMPLES: dict[str, Email] = {
    sample.template: sample for email in EMAILS.values() for sample in email.samples()
}
"""One sample for each template folder."""
TO_STAFF: tuple[MessageKind, ...] = tuple(
    kind for kind, email in EMAILS.items() if issubclass(email, StaffEmail)
)
"""The kinds that go to the issuer's staff; all others go to the customer."""

__all__ = [
    "EMAILS",
    "SAMPLES",
    "TO_STAFF",
    "AnswerEmail",
    "CopyEmail",
    "CustomerEmail",
    "Email",
    "EmailInstalment",
    "EmailLine",
    "FailedPaymentEmail",
    "InvoiceEmail",
    "Letterhead",
    "LinkEmail",
    "NoticeEmail",
    "OpenInvoice",
    "PlanEmail",
    "ReceiptEmail",
    "RefundEmail",
    "ReminderEmail",
    "StaffEmail",
    "StatementEmail",
    "Tone",
    "VoidEmail",
]
