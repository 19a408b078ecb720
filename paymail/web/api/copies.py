"""Copies of an invoice or a receipt to one further address."""

from fastapi import APIRouter

from paymail.services.sending import copies
from paymail.web.api.access import Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.copies import SendCopy
from paymail.web.schemas.messages import Queued

router = APIRouter(prefix="/api/v1/invoices", tags=["invoices"])


@router.post("/{invoice_id}/copies", status_code=202, responses=PROBLEMS)
def send_copy(app: AppDep, holder: Writer, invoice_id: RowId, body: SendCopy) -> Queued:
    """Send a copy of an invoice or receipt to an address; the same one is sent once a day. Scope: write."""
    with app.transaction() as session:
        queued = copies.send_copy(
            session,
            invoice_id=invoice_id,
            to=body.to,
            payment_id=body.payment_id,
            actor=holder.actor,
            now=app.now(),
        )
    return Queued.of(queued)
