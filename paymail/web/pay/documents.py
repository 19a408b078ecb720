"""The documents behind a pay link: the invoice, each payment's receipt, each refund's credit note."""

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select

from paymail.documents import Document
from paymail.models import Payment
from paymail.services.core.documents import invoice_document, receipt_document
from paymail.services.letters.credit_notes import credit_note_document, refund_of
from paymail.services.links.lookup import find_by_token
from paymail.services.lists.lookup import NoReceipt, latest_payment
from paymail.web.http.files import binary, pdf_answer
from paymail.web.http.inputs import RowId
from paymail.web.http.openapi import problems
from paymail.web.http.public_limits import PublicLimits
from paymail.web.pay.api import Token
from paymail.wiring import App

ANSWERS = problems(404, 409, 410, 422, 429, 503) | binary("application/pdf")


def router(app: App, limits: PublicLimits) -> APIRouter:
    """Return the routes of the documents."""
    routes = APIRouter(prefix="/api/public/pay", tags=["public"], dependencies=[Depends(limits.every)])

    def answer(document: Document, filename: str) -> Response:
        return pdf_answer(app.pdf.render(document), filename)

    @routes.get("/{token}/invoice.pdf", response_class=Response, responses=ANSWERS)
    def invoice_pdf(token: Token) -> Response:
        """Download the invoice as it stands now."""
        with app.reading() as session:
            invoice = find_by_token(session, token=token, now=app.now())
            document = invoice_document(invoice, app.settings.public_url)
        return answer(document, f"invoice-{invoice.invoice_id}.pdf")

    @routes.get("/{token}/receipt.pdf", response_class=Response, responses=ANSWERS)
    def receipt_pdf(token: Token) -> Response:
        """Download the receipt of the newest payment."""
        with app.reading() as session:
            invoice = find_by_token(session, token=token, now=app.now())
            document = receipt_document(invoice, latest_payment(session, invoice_id=invoice.invoice_id))
        return answer(document, f"receipt-{document.number}.pdf")

    @routes.get("/{token}/receipts/{number}.pdf", response_class=Response, responses=ANSWERS)
    def one_receipt_pdf(token: Token, number: RowId) -> Response:
        """Download the receipt of one payment of this invoice, by its number."""
        with app.reading() as session:
            invoice = find_by_token(session, token=token, now=app.now())
            mine = select(Payment).where(
                Payment.invoice_id == invoice.invoice_id, Payment.receipt_number == number
            )
            payment = session.scalars(mine).one_or_none()
            if payment is None:
                raise NoReceipt("this invoice has no such receipt")
            document = receipt_document(invoice, payment)
        return answer(document, f"receipt-{document.number}.pdf")

    @routes.get("/{token}/credit-notes/{refund_id}.pdf", response_class=Response, responses=ANSWERS)
    def credit_note_pdf(token: Token, refund_id: RowId) -> Response:
        """Download the credit note of a refund of this invoice."""
        with app.reading() as session:
            invoice = find_by_token(session, token=token, now=app.now())
            refund = refund_of(session, invoice_id=invoice.invoice_id, refund_id=refund_id)
            document = credit_note_document(invoice, refund)
        return answer(document, f"credit-note-{document.number}.pdf")

    return routes
