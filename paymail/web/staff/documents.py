"""The receipt of a payment and the credit note of a refund, as PDF."""

from fastapi import APIRouter
from fastapi.responses import Response

from paymail.services.letters import credit_notes
from paymail.services.payments import receipts
from paymail.web.http.dependencies import AppDep
from paymail.web.http.files import pdf_answer
from paymail.web.http.inputs import RowId

router = APIRouter()


@router.get("/payments/{payment_id}/receipt.pdf")
def receipt_pdf(app: AppDep, payment_id: RowId) -> Response:
    """Show the receipt of a payment."""
    with app.reading() as session:
        document = receipts.document(session, payment_id=payment_id)
    return pdf_answer(app.pdf.render(document), f"receipt-{document.number}.pdf")


@router.get("/refunds/{refund_id}/credit-note.pdf")
def credit_note_pdf(app: AppDep, refund_id: RowId) -> Response:
    """Show the credit note of a refund."""
    with app.reading() as session:
        document = credit_notes.credit_note_of(session, refund_id=refund_id)
    return pdf_answer(app.pdf.render(document), f"credit-note-{document.number}.pdf")
