"""What an invoice's document shows that stands in other rows than its own."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import Credit, InvoiceDocument
from paymail.models import IN_FORCE, Invoice, InvoiceStatus, Payment, Refund
from paymail.money import Money
from paymail.services.core.documents import invoice_document, method_of, payment_day
from paymail.services.core.invoices import local_date
from paymail.services.letters.credit_notes import credit_note_number
from paymail.services.letters.instalments import open_instalments


def full_document(session: Session, *, invoice: Invoice, public_url: str) -> InvoiceDocument:
    """Return all that the invoice PDF shows now. An invoice that is only owed costs no question."""
    document = invoice_document(invoice, public_url)
    if invoice.status is InvoiceStatus.VOID:
        at = invoice.voided_at
        return replace(document, voided_on=local_date(invoice.issuer, at) if at else None)
    if invoice.amount_credited:
        gone = Money(invoice.amount_refunded, invoice.currency) if invoice.amount_refunded else None
        document = replace(document, credits=_credits(session, invoice), refunded=gone)
    if invoice.balance:
        return replace(document, instalments=open_instalments(invoice))
    return _as_paid(session, invoice, document) if paid_in_full(invoice) else document


def paid_in_full(invoice: Invoice) -> bool:
    """Whether payments alone left nothing to pay, and none of them went back."""
    went_back = invoice.amount_refunded or invoice.amount_charged_back
    owed = invoice.status is InvoiceStatus.SENT  # money may arrive for one that was voided meanwhile
    return (
        owed and invoice.received >= invoice.total > 0 and invoice.charged == invoice.total and not went_back
    )


def _credits(session: Session, invoice: Invoice) -> tuple[Credit, ...]:
    found = session.scalars(
        select(Refund)
        .where(
            Refund.invoice_id == invoice.invoice_id,
            Refund.credit_note.is_not(None),
            Refund.status.in_(IN_FORCE),
        )
        .order_by(Refund.credit_note)
    )
    return tuple(
        Credit(
            credit_note_number(refund),
            local_date(invoice.issuer, refund.created_at),
            Money(refund.credited, refund.currency),
            refund.reason,
        )
        for refund in found
    )


def _as_paid(session: Session, invoice: Invoice, document: InvoiceDocument) -> InvoiceDocument:
    # What came after it was paid too much.
    settling = (
        select(Payment)
        .where(Payment.invoice_id == invoice.invoice_id, Payment.balance_after == 0)
        .order_by(Payment.payment_id)
    )
    payment = session.scalars(settling.limit(1)).one_or_none()
    if payment is None:
        return document
    return replace(
        document,
        paid_on=payment_day(invoice.issuer, payment),
        paid_by=method_of(payment) if payment.amount >= invoice.total else "",
    )
