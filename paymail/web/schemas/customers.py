"""Customers as JSON."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from paymail.models import Customer
from paymail.web.http.inputs import LARGEST_ID, Text
from paymail.web.schemas.body import Body


class CustomerRow(BaseModel):
    """Who is billed."""

    customer_id: int
    issuer_id: int
    external_ref: str = Field(description="Your own id of the customer; empty if you gave none.")
    name: str
    email: str
    tax_id: str
    address: str
    country: str = Field(description="ISO 3166-1; empty if not known.")
    attention: str
    locale: str = Field(description="If empty, the issuer's.")
    reminders_off: bool
    ladder: str = Field(description="If empty, the issuer's.")
    held_at: datetime | None = Field(description="When a hold of all reminders was placed; null if none was.")
    held_until: datetime | None = Field(description="When the hold ends, or ended; null: only when released.")
    held_reason: str
    erased_at: datetime | None = Field(description="When the personal data was erased; null if it was not.")
    merged_into: int | None = Field(
        description="The customer that has this one's invoices since staff merged the two; null if not."
    )
    created_at: datetime

    @classmethod
    def of(cls, customer: Customer) -> "CustomerRow":
        """Return what is known of a customer."""
        found = {name: getattr(customer, name) for name in cls.model_fields}
        return cls(**found | {"external_ref": customer.external_ref or ""})


class MergeCustomer(Body):
    """Whom to merge into."""

    into: int = Field(ge=1, le=LARGEST_ID, description="The customer that stays.")


class HoldCustomer(Body):
    """Why all reminders of a customer wait, and until when."""

    reason: Text = Field(min_length=1, max_length=300, description="Shown to staff.")
    until: date | None = Field(
        None, description="Last day of the hold, on the issuer's calendar; null: until released."
    )


class MergedCustomer(BaseModel):
    """What was merged. The same again moves nothing."""

    customer: CustomerRow = Field(description="The one that stayed.")
    invoices: int = Field(description="How many invoices moved.")
    emails: int = Field(description="How many queued emails go to another address now.")
