"""Pay links, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from paymail.models import Invoice
from paymail.services.core.invoices import payment_url
from paymail.services.issuers import issuer_settings
from paymail.web.schemas.body import Body


class PayLink(BaseModel):
    """The present link of an invoice."""

    payment_url: str = Field(description="Secret: anyone with it can see and pay the invoice.")
    expires_at: datetime | None = Field(
        description="When it expires; null if never. Sending an email extends it."
    )

    @classmethod
    def of(cls, invoice: Invoice, *, public_url: str) -> "PayLink":
        """Return the link that an invoice has."""
        return cls(payment_url=payment_url(public_url, invoice), expires_at=invoice.payment_token_expires_at)


class LinkDays(Body):
    """How long links live."""

    link_days: int | None = Field(
        ge=0,
        le=issuer_settings.MOST_LINK_DAYS,
        strict=True,
        description="Days after the due date; null for no expiry.",
    )
