"""Invoices, the receipt of a payment, the credit note of a refund and the statement of a customer, as PDF."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from paymail.services.core.invoices import load_invoice
from paymail.services.letters import credit_notes, statements
from paymail.services.letters.invoice_facts import full_document
from paymail.services.letters.issued_documents import frozen
from paymail.services.payments import receipts
from paymail.web.http.dependencies import AppDep
from paymail.web.http.files import pdf_answer
from paymail.web.http.inputs import RowId, Text
from paymail.web.staff.form_actions import day_of

router = APIRouter()


@router.get("/payments/{payment_id}/receipt.pdf")
def receipt_pdf(app: AppDep, payment_id: RowId) -> Response:
    """Show the receipt of a payment."""
    with app.reading() as session:
        document = receipts.document(session, payment_id=payment_id)
        pdf = receipts.kept(session, payment_id=payment_id, document=document)
    return pdf_answer(pdf or app.pdf.render(document), f"receipt-{document.number}.pdf")


@router.get("/refunds/{refund_id}/credit-note.pdf")
def credit_note_pdf(app: AppDep, refund_id: RowId) -> Response:
    """Show the credit note of a refund."""
    with app.reading() as session:
        document = credit_notes.credit_note_of(session, refund_id=refund_id)
        pdf = credit_notes.kept(session, refund_id=refund_id, document=document)
    return pdf_answer(pdf or app.pdf.render(document), f"credit-note-{document.number}.pdf")


@router.get("/customers/{customer_id}/statement.pdf")
def statement_pdf(
    app: AppDep,
    customer_id: RowId,
    currency: Annotated[Text, Query(max_length=3)] = "",
    since: Annotated[Text, Query(max_length=10)] = "",
    day: Annotated[Text, Query(max_length=10)] = "",
) -> Response:
    """Show what a customer was charged and paid, and what is open on a day: today, if none is given."""
    with app.reading() as session:
        document = statements.statement(
            session,
            customer_id=customer_id,
            now=app.now(),
            currency=currency.upper(),
            since=day_of(since),
            day=day_of(day),
            public_url=app.settings.public_url,
        )
        pdf = statements.kept(session, customer_id=customer_id, document=document)
    return pdf_answer(pdf or app.pdf.render(document), document.filename)


@router.get("/invoices/{invoice_id}/invoice.pdf")
def invoice_pdf(app: AppDep, invoice_id: RowId) -> Response:
    """Show an invoice as its customer gets it: the kept bytes, or what would be drawn now. Keeps nothing."""
    with app.reading() as session:
        invoice = load_invoice(session, invoice_id=invoice_id)
        document = full_document(session, invoice=invoice, public_url=app.settings.public_url)
        version = frozen(session, invoice=invoice, document=document)
    pdf = version.pdf if version else None
    return pdf_answer(pdf or app.pdf.render(document), document.filename)
