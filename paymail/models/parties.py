"""Who bills and who is billed."""

import hashlib
import unicodedata
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, index_where_given
from paymail.models.contact import Contact


class Issuer(Base):
    """A business that sends invoices, with its defaults and its connected Stripe account."""

    __tablename__ = "issuers"

    issuer_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(300), unique=True)
    legal_name: Mapped[str] = mapped_column(String(300), default="", server_default="")
    """Where it trades under another: printed beside its tax id. Empty: `name`."""
    tax_id: Mapped[str] = mapped_column(String(60), default="")
    tax_name: Mapped[str] = mapped_column(String(20), default="GST")
    tax_label: Mapped[str] = mapped_column(String(30), default="", server_default="")
    """What stands before the tax id; empty: as its country calls it (`tax_ids.py`)."""
    address: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    website: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """As it is printed, without `https://`."""
    colour: Mapped[str] = mapped_column(String(7), default="", server_default="")
    """Its brand's, `#rrggbb` as it was given; empty: ours."""
    logo_sha256: Mapped[str | None] = mapped_column(String(64))
    """Its `IssuerLogo`."""
    terms: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Of an invoice that has none of its own."""
    footer: Mapped[str] = mapped_column(Text, default="", server_default="")
    """A note at the foot of documents and emails."""
    bank_holder: Mapped[str] = mapped_column(String(140), default="", server_default="")
    """Where customers transfer to; these seven are changed by `services/issuers/bank_details.py` alone."""
    bank_name: Mapped[str] = mapped_column(String(140), default="", server_default="")
    bank_bsb: Mapped[str] = mapped_column(String(7), default="", server_default="")
    bank_number: Mapped[str] = mapped_column(String(40), default="", server_default="")
    bank_payid: Mapped[str] = mapped_column(String(256), default="", server_default="")
    bank_iban: Mapped[str] = mapped_column(String(34), default="", server_default="")
    bank_bic: Mapped[str] = mapped_column(String(11), default="", server_default="")
    bank_since: Mapped[date | None]
    """The issuer's day of their last change, also when they were taken away; empty: there never were any."""
    email: Mapped[str] = mapped_column(String(320))
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    bookkeeper_email: Mapped[str] = mapped_column(String(320), default="", server_default="")
    """Gets a blind copy of each invoice, receipt, refund and cancellation; empty: nobody does."""
    currency: Mapped[str] = mapped_column(String(3), default="AUD")
    locale: Mapped[str] = mapped_column(String(20), default="en-AU")
    timezone: Mapped[str] = mapped_column(String(60), default="Australia/Sydney")
    stripe_account: Mapped[str] = mapped_column(String(60), default="")
    last_receipt: Mapped[int] = mapped_column(default=0)
    last_credit_note: Mapped[int] = mapped_column(default=0)
    link_days: Mapped[int | None] = mapped_column(default=30)
    """Days after the due date for which pay links live; empty: for ever."""
    application_fee: Mapped[int] = mapped_column(default=0)
    """What the platform takes of each payment at Stripe, in hundredths of a per cent."""
    save_methods: Mapped[bool] = mapped_column(default=False)
    """Whether customers are offered to save their payment method for this issuer."""
    country: Mapped[str] = mapped_column(String(2), default="AU")
    """ISO 3166-1, for public holidays; empty knows weekends (Saturday, Sunday) only."""
    subdivision: Mapped[str] = mapped_column(String(12), default="")
    reminders_off: Mapped[bool] = mapped_column(default=False)
    ladder: Mapped[str] = mapped_column(Text, default="")
    """Reminder ladder as text (`services/reminders/ladder.py`); empty is the default ladder."""
    send_at: Mapped[str] = mapped_column(String(5), default="09:00")
    quiet_from: Mapped[str] = mapped_column(String(5), default="20:00")
    quiet_until: Mapped[str] = mapped_column(String(5), default="08:00")
    reminder_minimum: Mapped[int] = mapped_column(BigInteger, default=0)
    """Smallest balance worth a reminder, in minor units of the invoice's currency."""
    reminder_cap: Mapped[int] = mapped_column(default=10)
    """Most reminders that one invoice may get, whatever its due date does."""
    reminder_gap: Mapped[int] = mapped_column(default=1, server_default="1")
    """Whole business days between the first email of an invoice and its first reminder, at least 1."""
    host_mails_invoices: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the host mails invoices itself: then one that paymail never mailed is reminded of too."""
    sender_rate: Mapped[str] = mapped_column(String(20), default="")
    """Emails a minute, or a preset's name; empty is the setting's."""
    refund_approval_from: Mapped[int | None] = mapped_column(BigInteger)
    """Refunds of one payment that come to this much in all, in minor units of the issuer's currency, need the
    approval of a second person; empty: none do."""
    statement_day: Mapped[int | None]
    """Day of the month (1 to 28) on which customers who owe are sent a statement; empty: never by itself."""
    statements_done: Mapped[date | None]
    """Statements of days up to this one go out by themselves no more. The eve of a day: its have begun."""
    statements_after: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The last customer whose statement of the day that has begun was queued."""
    sender_findings: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What DNS last said of the domain it mails from, JSON (`services/issuers/sender_checks.py`)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def name_key(name: str) -> str:
    """Return what equal names have in common: NFC and case apart they are one. A digest: names are long."""
    plain = unicodedata.normalize("NFC", name.strip()).casefold()
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


class Customer(Base):
    """Who is billed: known by the host's reference, else by name, else by name and address."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("issuer_id", "name", "email", name="uq_customers_identity"),
        Index(
            "uq_customers_external_ref",
            "issuer_id",
            "external_ref",
            unique=True,
            postgresql_where=text("external_ref IS NOT NULL"),
            sqlite_where=text("external_ref IS NOT NULL"),
        ),
        Index("ix_customers_name_key", "issuer_id", "name_key"),
        Index("ix_customers_name", text("lower(name)"), "customer_id").ddl_if(dialect="postgresql"),
        index_where_given("ix_customers_merged_into", "merged_into"),
        index_where_given("ix_customers_import", "import_id"),
    )

    customer_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    external_ref: Mapped[str | None] = mapped_column(String(200))
    """The host's own id of the customer; unique among an issuer's where given."""
    name: Mapped[str] = mapped_column(String(300))
    name_key: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """`name_key` of the name, kept with it; empty where code of before wrote the row."""
    tax_id: Mapped[str] = mapped_column(String(60), default="", server_default="")
    country: Mapped[str] = mapped_column(String(2), default="", server_default="")
    """Of the billing address, ISO 3166-1; empty: not known."""
    attention: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """The person or department that its invoices are for."""
    email: Mapped[str] = mapped_column(String(320))
    host_email: Mapped[str | None] = mapped_column(String(320))
    """The address that the host last gave, where staff have changed it here; empty: `email` is the host's."""
    address: Mapped[str] = mapped_column(Text, default="")
    locale: Mapped[str] = mapped_column(String(20), default="")
    reminders_off: Mapped[bool] = mapped_column(default=False)
    ladder: Mapped[str] = mapped_column(Text, default="")
    """Overrides the issuer's ladder; empty does not."""
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when all its reminders are on hold; empty: they are not. The next three say more of the hold."""
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Ends by itself then; empty: only when released."""
    held_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    held_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """In staff's words."""
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the personal data was erased; name and address are placeholders since."""
    merged_into: Mapped[int | None] = mapped_column(BigId)
    """The customer that has this one's invoices since staff merged the two. This row stays, so that a host
    which still names it is understood."""
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    """The import that made it; empty for those of before imports had numbers."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    contacts: Mapped[list[Contact]] = relationship(
        lazy="raise_on_sql", order_by=Contact.contact_id, viewonly=True
    )
    """Who else gets emails, oldest first."""

    @validates("name")
    def _keyed(self, _column: str, name: str) -> str:
        self.name_key = name_key(name)
        return name
