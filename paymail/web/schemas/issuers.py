"""Issuers as JSON: who bills, and how."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from paymail.models import Issuer
from paymail.services.reminders import ladder
from paymail.web.schemas.units import major


class IssuerRow(BaseModel):
    """A business that sends invoices, with its settings."""

    issuer_id: int
    name: str
    email: str
    reply_to: str = Field(description="If empty, `email`.")
    address: str
    tax_id: str
    tax_name: str
    currency: str
    locale: str
    stripe_account: str = Field(description="Connected account (acct_…); empty if there is none.")
    timezone: str
    country: str = Field(description="ISO 3166-1, for public holidays; if empty, weekends only.")
    subdivision: str
    reminders_off: bool
    ladder: str = Field(description="The ladder in force, as text.")
    send_at: str
    quiet_from: str
    quiet_until: str
    reminder_minimum: float = Field(description="Smallest balance worth a reminder, in major units.")
    reminder_cap: int
    sender_rate: str = Field(description="Emails per minute or a preset; if empty, the server's setting.")
    link_days: int | None = Field(description="Days after the due date that links expire; null for never.")
    application_fee: float = Field(description="The platform's share of each payment, in per cent.")
    save_methods: bool
    created_at: datetime

    @classmethod
    def of(cls, issuer: Issuer) -> "IssuerRow":
        """Return what is known of an issuer."""
        return cls(**fields_of(issuer))


def fields_of(issuer: Issuer) -> dict[str, Any]:
    """Return the fields of an `IssuerRow`."""
    return {name: getattr(issuer, name) for name in IssuerRow.model_fields} | {
        "ladder": ladder.write(ladder.effective(issuer.ladder)),
        "reminder_minimum": major(issuer.reminder_minimum, issuer.currency),
        "application_fee": issuer.application_fee / 100,
    }
