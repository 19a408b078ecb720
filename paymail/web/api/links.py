"""Pay links: another one, none, and how long an issuer's live."""

from fastapi import APIRouter

from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import issuer_settings
from paymail.services.issuers.setting_texts import Value
from paymail.services.links import pay_links
from paymail.web.api.access import Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.links import LinkDays, PayLink

router = APIRouter(prefix="/api/v1", tags=["links"])


@router.post("/invoices/{invoice_id}/link", responses=PROBLEMS)
def regenerate(app: AppDep, holder: Writer, invoice_id: RowId) -> PayLink:
    """Create a new pay link; the old one stops working immediately. Sends no email. Scope: write."""
    with app.transaction() as session:
        invoice = pay_links.regenerate(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())
        return PayLink.of(invoice, public_url=app.settings.public_url)


@router.delete("/invoices/{invoice_id}/link", status_code=204, responses=PROBLEMS)
def revoke(app: AppDep, holder: Writer, invoice_id: RowId) -> None:
    """Revoke the pay link, until a new one is created or the invoice is sent again. Scope: write."""
    with app.transaction() as session:
        pay_links.revoke(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())


@router.post("/issuers/{issuer_id}/links", status_code=204, responses=PROBLEMS)
def set_days(app: AppDep, holder: Writer, issuer_id: RowId, body: LinkDays) -> None:
    """Set when an issuer's pay links expire; links already sent are not shortened. Scope: write."""
    with app.transaction() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        changes: dict[str, Value] = {"link_days": body.link_days}
        issuer_settings.set_up_issuer(
            session, issuer=issuer, changes=changes, actor=holder.actor, now=app.now()
        )
