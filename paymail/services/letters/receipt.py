"""The email with the receipt of one payment."""

from typing import Final

from paymail.documents import InvoiceDocument, ReceiptDocument
from paymail.emails import ReceiptEmail
from paymail.models import InvoiceStatus, Payment
from paymail.money import Money
from paymail.services.core.documents import receipt_document
from paymail.services.core.invoices import local_date
from paymail.services.core.tax_invoices import missing_abn
from paymail.services.letters.instalments import email_instalments
from paymail.services.letters.invoice import email_lines
from paymail.services.letters.invoice_facts import paid_in_full
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, paper_of
from paymail.services.letters.send_rules import always
from paymail.services.plans.coverage import plan_of

MOST_ENCLOSED: Final = 250_000
"""Bytes that the lines of an invoice that goes along may take in its PDF, about: a line 250, a letter one."""


def receipt_email(source: Source) -> ReceiptEmail:
    """Return the context of the receipt email: the payment, and where a plan stands after it."""
    receipt, bill, invoice = _receipt(source), bill_of(source), source.invoice
    plan = plan_of(invoice, balance=receipt.balance.minor)
    following = plan.following if plan else None
    today = local_date(invoice.issuer, source.date)
    return ReceiptEmail(
        **letterhead(bill),
        receipt_number=receipt.number,
        paid_on=receipt.paid_on,
        method=receipt.method,
        amount=receipt.amount,
        invoice_total=receipt.invoice_total,
        balance=receipt.balance,
        lines=email_lines(bill) if _pays_all(receipt) else (),
        subtotal=bill.subtotal,
        tax_name=bill.tax_name,
        taxes=bill.taxes,
        tax=receipt.tax_in or Money(0, invoice.currency),
        parts=email_instalments(invoice, plan),
        next_due=following.due if following else None,
        next_amount=Money(following.open if following else 0, invoice.currency),
        late=following is not None and following.due < today,
        payable=bool(receipt.balance.minor) and invoice.can_pay,
        overpaid=receipt.overpaid or Money(0, invoice.currency),
        in_full=not receipt.balance.minor
        and invoice.charged == invoice.total
        and invoice.status is InvoiceStatus.SENT,
        enclosed=_encloses(source, receipt),
    )


def _encloses(source: Source, receipt: ReceiptDocument) -> bool:
    """Whether the invoice goes along: this payment was its last, all of it stayed, and it is not too long."""
    invoice = source.invoice
    if receipt.balance.minor or not paid_in_full(invoice) or missing_abn(invoice):
        return False
    return sum(250 + len(line.description) for line in invoice.lines) <= MOST_ENCLOSED


def _paid_invoice(source: Source) -> InvoiceDocument | None:
    return paper_of(source) if _encloses(source, _receipt(source)) else None


def _pays_all(receipt: ReceiptDocument) -> bool:
    return receipt.amount == receipt.invoice_total and not receipt.balance.minor


def _receipt(source: Source) -> ReceiptDocument:
    payment = source.session.get_one(Payment, source.message.payment_id)
    return receipt_document(source.session, invoice=source.invoice, payment=payment)


KIND = Kind(
    email=receipt_email,
    document=_receipt,
    threaded=True,
    group=Group.RECEIPTS,
    send_rule=always,
    enclosed=_paid_invoice,
)
