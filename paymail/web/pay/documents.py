"""The documents behind a pay link: the invoice, each payment's receipt, each refund's credit note."""

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from paymail import observability
from paymail.documents import Document
from paymail.models import Channel, Payment
from paymail.ports.rendering import Frozen
from paymail.services.core.documents import receipt_document
from paymail.services.core.invoices import NoSuchInvoice
from paymail.services.letters.credit_notes import credit_note_document, refund_of
from paymail.services.letters.invoice_facts import full_document
from paymail.services.letters.issued_documents import frozen, keep_shown
from paymail.services.links.lookup import find_by_token
from paymail.services.lists.lookup import NoReceipt, latest_payment
from paymail.web.http.dependencies import AppDep
from paymail.web.http.files import binary, pdf_answer
from paymail.web.http.inputs import Number, RowId, Token
from paymail.web.http.openapi import PAY_PROBLEMS
from paymail.web.http.rate_limits import limit_public
from paymail.wiring import App

log = observability.logger(__name__)
router = APIRouter(prefix="/api/public/pay", tags=["public"], dependencies=[Depends(limit_public)])

ANSWERS = PAY_PROBLEMS | binary("application/pdf")


def _answer(app: App, document: Document, version: Frozen | None) -> Response:
    """Answer with what is kept, else draw it and keep it."""
    pdf = version.pdf if version else None
    if pdf is None:
        pdf = app.pdf.render(document)
        if version:
            _keep(app, version, pdf)
    return pdf_answer(pdf, document.filename)


def _keep(app: App, version: Frozen, pdf: bytes) -> None:
    """Keep what was drawn if that can be done now; whoever asks has it either way."""
    try:
        with app.transaction() as session:
            keep_shown(session, version=version, pdf=pdf, now=app.now())
    except (SQLAlchemyError, NoSuchInvoice):
        log.warning("drawn document not kept", invoice_id=version.invoice_id, exc_info=True)


@router.get("/{token}/invoice.pdf", response_class=Response, responses=ANSWERS)
def invoice_pdf(app: AppDep, token: Token) -> Response:
    """Download the invoice as it was issued. Drawn now, if nobody needed it before, it is kept."""
    with app.reading() as session:
        invoice = find_by_token(session, token=token, now=app.now())
        document = full_document(session, invoice=invoice, public_url=app.settings.public_url)
        version = frozen(session, invoice=invoice, document=document)
    return _answer(app, document, version)


@router.get("/{token}/receipt.pdf", response_class=Response, responses=ANSWERS)
def receipt_pdf(app: AppDep, token: Token) -> Response:
    """Download the receipt of the newest payment."""
    with app.reading() as session:
        invoice = find_by_token(session, token=token, now=app.now())
        payment = latest_payment(session, invoice_id=invoice.invoice_id)
        document = receipt_document(session, invoice=invoice, payment=payment)
        version = frozen(session, invoice=invoice, document=document)
    return _answer(app, document, version)


@router.get("/{token}/receipts/{number}.pdf", response_class=Response, responses=ANSWERS)
def one_receipt_pdf(app: AppDep, token: Token, number: Number) -> Response:
    """Download the receipt of one payment of this invoice, by its number."""
    with app.reading() as session:
        invoice = find_by_token(session, token=token, now=app.now())
        mine = select(Payment).where(
            Payment.invoice_id == invoice.invoice_id,
            Payment.receipt_number == number,
            Payment.channel != Channel.HOST,  # which the host has receipted
        )
        payment = session.scalars(mine).one_or_none()
        if payment is None:
            raise NoReceipt("this invoice has no such receipt")
        document = receipt_document(session, invoice=invoice, payment=payment)
        version = frozen(session, invoice=invoice, document=document)
    return _answer(app, document, version)


@router.get("/{token}/credit-notes/{refund_id}.pdf", response_class=Response, responses=ANSWERS)
def credit_note_pdf(app: AppDep, token: Token, refund_id: RowId) -> Response:
    """Download the credit note of a refund of this invoice."""
    with app.reading() as session:
        invoice = find_by_token(session, token=token, now=app.now())
        refund = refund_of(session, invoice_id=invoice.invoice_id, refund_id=refund_id)
        document = credit_note_document(invoice, refund)
        version = frozen(session, invoice=invoice, document=document)
    return _answer(app, document, version)
