"""What an invoice asks for: issue it, write off, void, let it be paid in parts."""

from fastapi import APIRouter
from sqlalchemy.orm import Session

from paymail.services.core.invoices import load_invoice
from paymail.services.links.issue import issue
from paymail.services.payments import adjustments
from paymail.services.refunds import unpaid_credits
from paymail.web.api.access import Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import IdempotencyKey, RowId
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.account import Account, CreditNote, Void, WriteOff
from paymail.web.schemas.payments import PartPayments
from paymail.web.schemas.refunds import RefundRow
from paymail.web.schemas.units import minor_or_none

router = APIRouter(prefix="/api/v1", tags=["payments"])


@router.post("/invoices/{invoice_id}/issue", responses=PROBLEMS)
def issue_draft(app: AppDep, holder: Writer, invoice_id: RowId) -> Account:
    """Issue a draft: it is owed from now on, and its sums no longer change. Sends no email; repeating it
    changes nothing. Scope: write."""
    with app.transaction() as session:
        issue(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())
        return _account(session, invoice_id)


@router.post("/invoices/{invoice_id}/write-off", responses=PROBLEMS)
def write_off(app: AppDep, holder: Writer, invoice_id: RowId, body: WriteOff) -> Account:
    """Write off the balance due or part of it; no credit note is issued. Scope: write."""
    with app.transaction() as session:
        currency = load_invoice(session, invoice_id=invoice_id).currency
        adjustments.write_off(
            session,
            invoice_id=invoice_id,
            reason=body.reason,
            actor=holder.actor,
            now=app.now(),
            amount=minor_or_none(body.amount, currency),
            before=minor_or_none(body.written_off_before, currency),
        )
        return _account(session, invoice_id)


@router.delete("/invoices/{invoice_id}/write-off", responses=PROBLEMS)
def undo_write_off(app: AppDep, holder: Writer, invoice_id: RowId) -> Account:
    """Undo the write-off. Scope: write."""
    with app.transaction() as session:
        adjustments.undo_write_off(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())
        return _account(session, invoice_id)


@router.post("/invoices/{invoice_id}/credit-notes", status_code=201, responses=PROBLEMS)
def credit(
    app: AppDep,
    holder: Writer,
    invoice_id: RowId,
    body: CreditNote,
    idempotency_key: IdempotencyKey = None,
) -> RefundRow:
    """Reduce the balance due by a numbered credit note, emailed to the customer. Scope: write."""
    with app.transaction() as session:
        currency = load_invoice(session, invoice_id=invoice_id).currency
        return RefundRow.of(
            unpaid_credits.credit(
                session,
                invoice_id=invoice_id,
                reason=body.reason,
                actor=holder.actor,
                now=app.now(),
                amount=minor_or_none(body.amount, currency),
                key=holder.request(idempotency_key),
            )
        )


@router.post("/invoices/{invoice_id}/void", responses=PROBLEMS)
def void(app: AppDep, holder: Writer, invoice_id: RowId, body: Void) -> Account:
    """Void an invoice permanently; 409 if a payment has been received. Scope: write."""
    with app.transaction() as session:
        adjustments.void(
            session, invoice_id=invoice_id, reason=body.reason, actor=holder.actor, now=app.now()
        )
        return _account(session, invoice_id)


@router.put("/invoices/{invoice_id}/part-payments", responses=PROBLEMS)
def part_payments(app: AppDep, holder: Writer, invoice_id: RowId, body: PartPayments) -> Account:
    """Allow part payments, or only the full balance. Scope: write."""
    with app.transaction() as session:
        invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
        minimum = minor_or_none(body.minimum, invoice.currency)
        if minimum != invoice.part_minimum:
            adjustments.allow_parts(
                session, invoice_id=invoice_id, minimum=minimum, actor=holder.actor, now=app.now()
            )
        return _account(session, invoice_id)


def _account(session: Session, invoice_id: int) -> Account:
    return Account.of(load_invoice(session, invoice_id=invoice_id))
