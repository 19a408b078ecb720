"""The email with the receipt of one payment."""

from paymail.documents import ReceiptDocument
from paymail.emails import ReceiptEmail
from paymail.models import Payment
from paymail.services.core.documents import receipt_document
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead
from paymail.services.letters.send_rules import always


def receipt_email(source: Source) -> ReceiptEmail:
    """Return the context of the receipt email."""
    receipt = _receipt(source)
    return ReceiptEmail(
        **letterhead(bill_of(source)),
        receipt_number=receipt.number,
        paid_on=receipt.paid_on,
        method=receipt.method,
        amount=receipt.amount,
        invoice_total=receipt.invoice_total,
        balance=receipt.balance,
    )


def _receipt(source: Source) -> ReceiptDocument:
    payment = source.session.get_one(Payment, source.message.payment_id)
    return receipt_document(source.invoice, payment)


KIND = Kind(email=receipt_email, document=_receipt, threaded=True, group=Group.RECEIPTS, send_rule=always)
