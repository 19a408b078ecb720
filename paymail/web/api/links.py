"""Pay links: another one, none, and how long an issuer's live."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.core.invoices import payment_url
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import issuer_settings
from paymail.services.links import pay_links
from paymail.web.api.access import Access
from paymail.web.http.inputs import RowId
from paymail.web.schemas.pages import PROBLEMS, Asked
from paymail.wiring import App


class PayLink(BaseModel):
    """The present link of an invoice."""

    payment_url: str = Field(description="Secret: who has it sees the invoice and can pay it.")
    expires_at: datetime | None = Field(description="When it ends; null: never. An email sent moves it on.")


class LinkDays(Asked):
    """How long links live."""

    link_days: int | None = Field(
        ge=0, le=issuer_settings.MOST_LINK_DAYS, strict=True, description="Days after due; null is for ever."
    )


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of links."""
    routes = APIRouter(prefix="/api/v1", tags=["links"])
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    @routes.post("/invoices/{invoice_id}/link", responses=PROBLEMS)
    def regenerate(holder: Writer, invoice_id: RowId) -> PayLink:
        """Give an invoice a new link; the old one dies at once. Sends no email. Scope: write."""
        with app.transaction() as session:
            invoice = pay_links.regenerate(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())
            return PayLink(
                payment_url=payment_url(app.settings.public_url, invoice),
                expires_at=invoice.payment_token_expires_at,
            )

    @routes.delete("/invoices/{invoice_id}/link", status_code=204, responses=PROBLEMS)
    def revoke(holder: Writer, invoice_id: RowId) -> None:
        """Take an invoice's link back, until it is given another or sent again. Scope: write."""
        with app.transaction() as session:
            pay_links.revoke(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())

    @routes.post("/issuers/{issuer_id}/links", status_code=204, responses=PROBLEMS)
    def set_days(_holder: Writer, issuer_id: RowId, body: LinkDays) -> None:
        """Set how long an issuer's links live; none that is out ends sooner by it. Scope: write."""
        with app.transaction() as session:
            issuer = find_issuer(session, ref=str(issuer_id))
            changes = {"link_days": body.link_days}
            issuer_settings.set_up_issuer(session, issuer=issuer, changes=changes, now=app.now())

    return routes
