"""Payments of an invoice: the list, recording one, giving one back, and its documents."""

from fastapi import APIRouter, Response

from paymail.models import Channel
from paymail.money import parse_amount
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.letters import credit_notes
from paymail.services.payments import manual_payments, receipts
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.payments.statement import statement, statement_payment
from paymail.services.refunds import refund_approvals, refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.files import binary, pdf_answer
from paymail.web.http.inputs import IdempotencyKey, RowId
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.account import InvoiceMoney
from paymail.web.schemas.messages import Queued
from paymail.web.schemas.payments import PaymentRow, RecordPayment
from paymail.web.schemas.refunds import RefundRow, RequestRefund

router = APIRouter(prefix="/api/v1", tags=["payments"])


@router.get("/invoices/{invoice_id}/payments", responses=PROBLEMS)
def get_money(app: AppDep, _holder: Reader, invoice_id: RowId) -> InvoiceMoney:
    """Show an invoice's payments, refunds and disputes. Scope: read."""
    with app.reading() as session:
        return InvoiceMoney.from_statement(statement(session, invoice_id=invoice_id))


@router.post("/invoices/{invoice_id}/payments", status_code=201, responses=PROBLEMS)
def record_payment(
    app: AppDep,
    holder: Writer,
    invoice_id: RowId,
    body: RecordPayment,
    idempotency_key: IdempotencyKey = None,
) -> PaymentRow:
    """Record a payment not made through Stripe; the customer is emailed a receipt. Scope: write."""
    now = app.now()
    with app.transaction() as session:
        invoice = load_invoice(session, invoice_id=invoice_id)
        asked = ManualPayment(
            amount=parse_amount(body.amount, invoice.currency),
            channel=Channel(body.channel),
            paid_on=body.paid_on or local_date(invoice.issuer, now),
            reference=body.reference,
            key=holder.request(idempotency_key),
            surplus_meant=body.allow_overpayment,
        )
        payment = manual_payments.record_payment(
            session, invoice_id=invoice_id, asked=asked, actor=holder.actor, now=now
        )
        return PaymentRow.of(
            statement_payment(session, issuer=invoice.issuer, payment=payment, disputed=False)
        )


@router.post("/payments/{payment_id}/refunds", status_code=202, responses=PROBLEMS)
def request_refund(
    app: AppDep,
    holder: Writer,
    payment_id: RowId,
    body: RequestRefund,
    idempotency_key: IdempotencyKey = None,
) -> RefundRow:
    """Refund a payment or part of it; workers carry out Stripe refunds. A refund that needs a second person's
    approval is `proposed` until somebody approves it on the staff pages. Scope: write."""
    with app.transaction() as session:
        payment = receipts.payment_of(session, payment_id=payment_id)
        order = RefundOrder(
            amount=parse_amount(body.amount, payment.currency),
            channel=body.channel or payment.channel,
            reason=body.reason,
            owed_again=body.owed_again,
            key=holder.request(idempotency_key),
        )
        return RefundRow.of(
            refund_requests.request(
                session, payment_id=payment_id, order=order, actor=holder.actor, now=app.now()
            )
        )


@router.post("/refunds/{refund_id}/withdraw", responses=PROBLEMS)
def withdraw_refund(app: AppDep, holder: Writer, refund_id: RowId) -> RefundRow:
    """Withdraw a refund that this key asked for and that still waits for approval. Scope: write."""
    with app.transaction() as session:
        return RefundRow.of(
            refund_approvals.withdraw(session, refund_id=refund_id, actor=holder.actor, now=app.now())
        )


@router.post("/payments/{payment_id}/receipt", status_code=202, responses=PROBLEMS)
def send_receipt(
    app: AppDep, holder: Writer, payment_id: RowId, idempotency_key: IdempotencyKey = None
) -> Queued:
    """Send another copy of a receipt; the first is sent automatically. Scope: write."""
    with app.transaction() as session:
        queued = receipts.send_again(
            session,
            payment_id=payment_id,
            actor=holder.actor,
            now=app.now(),
            key=holder.request(idempotency_key) or "",
        )
    return Queued.of(queued)


@router.get(
    "/payments/{payment_id}/receipt.pdf",
    response_class=Response,
    responses=PROBLEMS | binary("application/pdf"),
)
def get_receipt(app: AppDep, _holder: Reader, payment_id: RowId) -> Response:
    """Download the receipt for a payment; it contains no pay link. Scope: read."""
    with app.reading() as session:
        document = receipts.document(session, payment_id=payment_id)
        pdf = receipts.kept(session, payment_id=payment_id, document=document)
    return pdf_answer(pdf or app.pdf.render(document), f"receipt-{document.number}.pdf")


@router.get(
    "/refunds/{refund_id}/credit-note.pdf",
    response_class=Response,
    responses=PROBLEMS | binary("application/pdf"),
)
def get_credit_note(app: AppDep, _holder: Reader, refund_id: RowId) -> Response:
    """Download the credit note for a refund; 404 if it has none. Scope: read."""
    with app.reading() as session:
        document = credit_notes.credit_note_of(session, refund_id=refund_id)
        pdf = credit_notes.kept(session, refund_id=refund_id, document=document)
    return pdf_answer(pdf or app.pdf.render(document), f"credit-note-{document.number}.pdf")
