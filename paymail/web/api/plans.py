"""Payment plans: how an invoice is paid in instalments."""

from typing import Annotated

from fastapi import APIRouter, Query

from paymail.services.core.invoices import load_invoice
from paymail.services.plans import agreement
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId, Text
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.plans import Division, PlanDetail, parts_of

router = APIRouter(prefix="/api/v1/invoices", tags=["plans"])

Reason = Annotated[Text, Query(min_length=1, max_length=300, description="Reason; kept in the history.")]


@router.get("/{invoice_id}/plan", responses=PROBLEMS)
def get_plan(app: AppDep, _holder: Reader, invoice_id: RowId) -> PlanDetail:
    """Show an invoice's payment plan and what is left to pay. Scope: read."""
    with app.reading() as session:
        return PlanDetail.of(load_invoice(session, invoice_id=invoice_id), app.now())


@router.put("/{invoice_id}/plan", responses=PROBLEMS)
def agree(app: AppDep, holder: Writer, invoice_id: RowId, body: Division) -> PlanDetail:
    """Divide the balance due into instalments; replaces an active plan. Scope: write."""
    now = app.now()
    with app.transaction() as session:
        invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
        parts = parts_of(body, invoice)
        agreement.agree(session, invoice_id=invoice_id, parts=parts, actor=holder.actor, now=now)
        return PlanDetail.of(load_invoice(session, invoice_id=invoice_id, lock=True), now)


@router.delete("/{invoice_id}/plan", status_code=204, responses=PROBLEMS)
def end(app: AppDep, holder: Writer, invoice_id: RowId, reason: Reason) -> None:
    """End the plan: the full balance becomes due again; 409 if there is none. Scope: write."""
    with app.transaction() as session:
        agreement.end(session, invoice_id=invoice_id, reason=reason, actor=holder.actor, now=app.now())
