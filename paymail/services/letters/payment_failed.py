"""The email about a slow payment that failed."""

from paymail.emails import FailedPaymentEmail
from paymail.errors import InvalidInput
from paymail.models import Invoice
from paymail.money import Money
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead


class NoAmount(InvalidInput):
    """The message about a failed payment names no amount."""

    code = "no_amount"


def failed_payment_email(source: Source) -> FailedPaymentEmail:
    """Return the context of the email. Raises NoAmount."""
    bill, message = bill_of(source), source.message
    if message.amount is None:
        raise NoAmount(f"message {message.message_id} does not say how much was not paid")
    return FailedPaymentEmail(
        **letterhead(bill),
        issued=bill.issued,
        due=None if source.invoice.plan else bill.due,
        reason=message.detail,
        method=message.failed_method,
        started_on=message.failed_on,
        amount=Money(message.amount, source.invoice.currency),
        balance=bill.balance,
    )


def while_payable(invoice: Invoice) -> str:
    """Drop what asks to pay again once that is not possible."""
    if invoice.can_pay:
        return ""
    return "the invoice can no longer be paid" if invoice.balance else "nothing is left to pay"


KIND = Kind(
    email=failed_payment_email,
    document=None,
    threaded=True,
    group=Group.INVOICES,
    send_rule=while_payable,
)
