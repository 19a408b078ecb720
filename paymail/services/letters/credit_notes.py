"""From a refund's rows to its credit note."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import CreditNoteDocument
from paymail.errors import NotFound
from paymail.models import IN_FORCE, Invoice, Refund
from paymail.money import Money, next_share, share
from paymail.services.core.documents import invoice_document
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.core.tax_invoices import may_be_tax_invoice
from paymail.services.letters.issued_documents import kept_for
from paymail.tax import single_rate


class NoCreditNote(NotFound):
    """There is no such refund of this invoice, or nothing was credited by it."""

    code = "no_credit_note"


def credit_note_number(refund: Refund) -> str:
    """Return the number as printed, counted per issuer; empty when nothing was credited."""
    return f"CN-{refund.credit_note:06d}" if refund.credit_note else ""


def credit_note_document(invoice: Invoice, refund: Refund) -> CreditNoteDocument:
    """Return what the credit note of a refund shows; it never changes afterwards.

    The tax in it is the credit's share of the invoice's tax, halves up; those of an invoice's notes add up to
    it. Source: ATO, "Adjustment notes"
    (the words, the parties, the issue date, the reason, the adjusted price and GST). Raises NoCreditNote.
    """
    if not refund.credit_note:
        raise NoCreditNote("this refund has no credit note")
    bill = invoice_document(invoice, "")
    earlier = refund.credited_before or 0
    tax_earlier = share(invoice.tax_amount, earlier, invoice.total)
    tax = next_share(invoice.tax_amount, earlier, refund.credited, invoice.total)
    known = refund.credited_before is not None
    return CreditNoteDocument(
        number=credit_note_number(refund),
        adjustment=may_be_tax_invoice(invoice)
        and invoice.issuer.tax_name == "GST"
        and invoice.tax_amount != 0,
        invoice_number=bill.number,
        invoice_issued=bill.issued,
        issuer=bill.issuer,
        customer=bill.customer,
        issued=local_date(invoice.issuer, refund.created_at),
        reason=refund.reason,
        net=Money(refund.credited - tax, invoice.currency),
        tax_name=bill.tax_name,
        tax_rate=single_rate(bill.taxes),
        tax=Money(tax, invoice.currency),
        total=Money(refund.credited, invoice.currency),
        invoice_total=bill.total,
        before=Money(invoice.total - earlier, invoice.currency) if known else None,
        tax_before=Money(invoice.tax_amount - tax_earlier, invoice.currency) if known else None,
        locale=bill.locale,
    )


def credit_note_of(session: Session, *, refund_id: int) -> CreditNoteDocument:
    """Return the credit note of a refund, whoever's it is. Raises NoCreditNote."""
    refund = session.get(Refund, refund_id)
    if refund is None:
        raise NoCreditNote(f"refund {refund_id} not found")
    return credit_note_document(load_invoice(session, invoice_id=refund.invoice_id), refund)


def kept(session: Session, *, refund_id: int, document: CreditNoteDocument) -> bytes | None:
    """Return the PDF of a refund's credit note as it was drawn before; None where it is still to be drawn."""
    of_refund = select(Refund.invoice_id).where(Refund.refund_id == refund_id)
    return kept_for(session, invoices=Invoice.invoice_id.in_(of_refund), document=document)


def refund_of(session: Session, *, invoice_id: int, refund_id: int) -> Refund:
    """Return a refund of this invoice that is in force: the credit of one that failed does not hold.

    Raises NoCreditNote.
    """
    found = session.scalars(
        select(Refund).where(
            Refund.refund_id == refund_id, Refund.invoice_id == invoice_id, Refund.status.in_(IN_FORCE)
        )
    ).one_or_none()
    if found is None:
        raise NoCreditNote("this invoice has no such refund")
    return found
