"""The copy of an invoice or a receipt for one further address."""

from dataclasses import replace

from paymail.documents import InvoiceDocument, ReceiptDocument
from paymail.emails import CopyEmail
from paymail.models import Invoice, InvoiceStatus, Payment
from paymail.services.core.documents import receipt_document
from paymail.services.letters.kind import Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, paper_of, without_link


def copy_email(source: Source) -> CopyEmail:
    """Return the context of a copy; the email holds no link."""
    bill, receipt = bill_of(source), _receipt(source)
    return CopyEmail(
        **without_link(letterhead(bill)),
        receipt_number=receipt.number if receipt else "",
        dated=receipt.paid_on if receipt else bill.issued,
        due=None if source.invoice.plan or not bill.balance.minor else bill.due,
        amount=receipt.amount if receipt else bill.total,
        balance=receipt.balance if receipt else bill.balance,
    )


def _document(source: Source) -> InvoiceDocument | ReceiptDocument:
    # Who gets a copy is shown the invoice, and is not given the link that pays it.
    return _receipt(source) or replace(paper_of(source), payment_url="")


def _receipt(source: Source) -> ReceiptDocument | None:
    if source.message.payment_id is None:
        return None
    payment = source.session.get_one(Payment, source.message.payment_id)
    return receipt_document(source.session, invoice=source.invoice, payment=payment)


def unless_void(invoice: Invoice) -> str:
    """Drop a copy of what was cancelled meanwhile."""
    return "the invoice is void" if invoice.status is InvoiceStatus.VOID else ""


KIND = Kind(email=copy_email, document=_document, threaded=False, group=None, send_rule=unless_void)
