"""The email about a slow payment that failed."""

from paymail.emails import FailedPaymentEmail
from paymail.models import Invoice
from paymail.money import from_text
from paymail.services.letters.kind import Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead


def failed_payment_email(source: Source) -> FailedPaymentEmail:
    """Return the context of the email; the message's detail is the amount that did not arrive."""
    bill = bill_of(source)
    return FailedPaymentEmail(
        **letterhead(bill), due=bill.due, amount=from_text(source.message.detail), balance=bill.balance
    )


def while_payable(invoice: Invoice) -> str:
    """Drop what asks to pay again once that is not possible."""
    if invoice.can_pay:
        return ""
    return "the invoice can no longer be paid" if invoice.balance else "already paid"


KIND = Kind(
    email=failed_payment_email,
    document=None,
    threaded=True,
    send_rule=while_payable,
)
