"""What customers say is wrong with invoices."""

from fastapi import APIRouter

from paymail.services.core.invoices import load_invoice
from paymail.services.customers import objections
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.objections import ClosedObjection, CloseObjection, ObjectionRow, Objections

router = APIRouter(prefix="/api/v1/invoices/{invoice_id}/objections", tags=["invoices"])


@router.get("", responses=PROBLEMS)
def list_objections(app: AppDep, _holder: Reader, invoice_id: RowId) -> Objections:
    """List what the customer said is wrong with an invoice, oldest first. Scope: read."""
    with app.reading() as session:
        load_invoice(session, invoice_id=invoice_id)
        found = objections.objections(session, invoice_id=invoice_id)
        return Objections(objections=[ObjectionRow.of(one) for one in found])


@router.post("/close", responses=PROBLEMS)
def close(app: AppDep, holder: Writer, invoice_id: RowId, body: CloseObjection) -> ClosedObjection:
    """Close the open one, and email the answer to who said it; an empty answer is none. The reminders go on.
    Scope: write."""
    with app.transaction() as session:
        queued = objections.close(
            session, invoice_id=invoice_id, answer=body.answer, actor=holder.actor, now=app.now()
        )
    return ClosedObjection(message_id=queued.message_id if queued else None)
