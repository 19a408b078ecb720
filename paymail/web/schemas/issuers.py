"""Issuers as JSON: who bills, and how."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Base64Bytes, BaseModel, Field, StringConstraints

from paymail.models import BankChange, Issuer, IssuerChange
from paymail.services.core.logos import logo_path
from paymail.services.issuers.bank_changes import details_of
from paymail.services.issuers.issuer_settings import LAST_STATEMENT_DAY, LONGEST, MOST_GAP, MOST_LINK_DAYS
from paymail.services.issuers.logos import MOST_BYTES
from paymail.services.issuers.setting_texts import Value
from paymail.services.reminders import ladder
from paymail.web.http.inputs import Text
from paymail.web.schemas.body import Body
from paymail.web.schemas.units import Amount, major, minor_or_none


class IssuerRow(BaseModel):
    """A business that sends invoices, with its settings."""

    issuer_id: int
    name: str
    email: str
    reply_to: str = Field(description="If empty, `email`.")
    bookkeeper_email: str = Field(
        description="Gets a blind copy of each invoice, receipt, refund and cancellation."
    )
    address: str
    tax_id: str
    tax_name: str
    tax_label: str = Field(description="What stands before the tax id; if empty, as its country calls it.")
    phone: str
    legal_name: str = Field(description="If it trades under another name: printed beside the tax id.")
    website: str = Field(description="As it is printed, without `https://`.")
    colour: str = Field(description="`#rrggbb`; shown darker where white could not be read on it.")
    logo: str = Field(description="Path of the picture on this server; empty if there is none.")
    terms: str = Field(description="Of invoices without terms of their own.")
    footer: str
    bank_holder: str
    bank_name: str
    bank_bsb: str
    bank_number: str
    bank_payid: str
    bank_iban: str
    bank_bic: str
    bank_since: date | None = Field(description="Day of the last change; null if there never was an account.")
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
    reminder_gap: int = Field(description="Business days between the first email and the first reminder.")
    host_mails_invoices: bool = Field(description="Remind of invoices that paymail never emailed.")
    sender_rate: str = Field(description="Emails per minute or a preset; if empty, the server's setting.")
    link_days: int | None = Field(description="Days after the due date that links expire; null for never.")
    application_fee: float = Field(description="The platform's share of each payment, in per cent.")
    save_methods: bool
    statement_day: int | None = Field(
        description="Day of the month on which customers who owe get a statement; null for none."
    )
    refund_approval_from: float | None = Field(
        description="Refunds of one payment that come to so much need a second person's approval; if null,"
        " none do. In major units. Only an admin changes it, on the staff pages or the server."
    )
    created_at: datetime

    @classmethod
    def of(cls, issuer: Issuer) -> "IssuerRow":
        """Return what is known of an issuer."""
        return cls(**fields_of(issuer))


class SettingChange(BaseModel):
    """One setting that somebody changed."""

    at: datetime
    actor: str
    setting: str
    old: str = Field(description="As `paymail issuers set` takes it.")
    new: str

    @classmethod
    def of(cls, change: IssuerChange) -> "SettingChange":
        """Return what a row says."""
        return cls(**{name: getattr(change, name) for name in cls.model_fields})


class AskedBank(BaseModel):
    """A change of the bank details that waits; customers do not see it yet."""

    asked_at: datetime
    asked_by: str
    due_at: datetime = Field(description="When it takes effect, unless it is cancelled.")
    details: dict[str, str] = Field(description="All seven fields as they will be.")


class IssuerDetail(IssuerRow):
    """An issuer with what was changed of it."""

    bank_change: AskedBank | None = Field(description="null if none is waiting.")

    changes: list[SettingChange] = Field(description="The 100 newest changes, newest first.")

    @classmethod
    def with_changes(
        cls, issuer: Issuer, changes: Iterable[IssuerChange], asked: BankChange | None
    ) -> "IssuerDetail":
        """Return what is known of an issuer; `asked` is the change of bank details that waits."""
        bank = asked and AskedBank(
            asked_at=asked.asked_at,
            asked_by=asked.asked_by,
            due_at=asked.due_at,
            details=details_of(asked),
        )
        return cls(**fields_of(issuer), changes=[SettingChange.of(one) for one in changes], bank_change=bank)


Lines = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]
"""Text of several lines."""


class IssuerChanges(Body):
    """What to change; a field that is left out stays as it is."""

    email: Text = Field("", max_length=320)
    reply_to: Text = Field("", max_length=320)
    bookkeeper_email: Text = Field("", max_length=320)
    address: Lines = Field("", max_length=LONGEST["address"])
    tax_id: Text = Field("", max_length=LONGEST["tax_id"])
    tax_name: Text = Field("", max_length=LONGEST["tax_name"])
    tax_label: Text = Field("", max_length=LONGEST["tax_label"])
    phone: Text = Field("", max_length=LONGEST["phone"])
    legal_name: Text = Field("", max_length=LONGEST["legal_name"])
    website: Text = Field("", max_length=200, examples=["www.example.com"])
    currency: Text = Field("AUD", min_length=3, max_length=3, description="ISO 4217. Invoices keep theirs.")
    colour: Text = Field("", max_length=7, examples=["#2563eb"])
    logo: Base64Bytes = Field(
        b"",
        max_length=2 * MOST_BYTES,
        description="PNG, JPEG, GIF or WebP in base64; it is made a small PNG. Empty takes the logo away.",
    )
    terms: Lines = Field("", max_length=LONGEST["terms"])
    footer: Lines = Field("", max_length=LONGEST["footer"])
    bank_holder: Text = Field("", max_length=140)
    bank_name: Text = Field("", max_length=140)
    bank_bsb: Text = Field("", max_length=10, examples=["063-000"])
    bank_number: Text = Field("", max_length=40)
    bank_payid: Text = Field("", max_length=256)
    bank_iban: Text = Field("", max_length=60)
    bank_bic: Text = Field("", max_length=20)
    locale: Text = Field("", max_length=20, description="Such as en-AU.")
    timezone: Text = Field("", max_length=60, description="IANA time zone name.")
    country: Text = Field("", max_length=2)
    subdivision: Text = Field("", max_length=12)
    reminders_off: bool = Field(False, strict=True)
    ladder: Text = Field("", description="Such as `-3:upcoming, 0:due`; empty for the default.")
    send_at: Text = Field("", max_length=5, description="HH:MM.")
    quiet_from: Text = Field("", max_length=5, description="HH:MM.")
    quiet_until: Text = Field("", max_length=5, description="HH:MM.")
    reminder_minimum: Amount = "0"
    reminder_cap: int = Field(10, ge=0, le=100, strict=True)
    reminder_gap: int = Field(1, ge=1, le=MOST_GAP, strict=True)
    host_mails_invoices: bool = Field(False, strict=True)
    sender_rate: Text = Field("", max_length=20)
    link_days: int | None = Field(30, ge=0, le=MOST_LINK_DAYS, strict=True, description="null for never.")
    save_methods: bool = Field(False, strict=True)
    statement_day: int | None = Field(
        None, ge=1, le=LAST_STATEMENT_DAY, strict=True, description="null for none."
    )

    def given(self, currency: str) -> dict[str, Value]:
        """Return the fields that the request has, as `set_up_issuer` takes them. Raises BadAmount."""
        found: dict[str, Value] = self.model_dump(exclude_unset=True, exclude={"logo"})
        if "reminder_minimum" in found:
            found["reminder_minimum"] = minor_or_none(self.reminder_minimum, currency)
        return found


def fields_of(issuer: Issuer) -> dict[str, Any]:
    """Return the fields of an `IssuerRow`."""
    columns = IssuerRow.model_fields.keys() - {"logo"}
    return {name: getattr(issuer, name) for name in columns} | {
        "logo": logo_path(issuer),
        "ladder": ladder.write(ladder.effective(issuer.ladder)),
        "reminder_minimum": major(issuer.reminder_minimum, issuer.currency),
        "application_fee": issuer.application_fee / 100,
        "refund_approval_from": None
        if issuer.refund_approval_from is None
        else major(issuer.refund_approval_from, issuer.currency),
    }
