"""Bulk sends, as JSON."""

from collections.abc import Iterable
from datetime import date, datetime

from pydantic import BaseModel, Field

from paymail.models import PaymentStatus
from paymail.services.lists.invoice_filter import from_text
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Progress, Selection
from paymail.web.http.inputs import LARGEST_ID, FilterText, Text
from paymail.web.schemas.body import Body


class StartBulk(Body):
    """A filter over issued, owed invoices (at least one field), when, and how fast."""

    payment_status: PaymentStatus | None = None
    currency: Text = Field("", max_length=3)
    customer: Text = Field("", max_length=300, description="Exact name.")
    due_before: date | None = None
    failed_of: int | None = Field(
        None, ge=1, le=LARGEST_ID, description="Only emails that failed in this bulk send."
    )
    filter: FilterText = Field(
        "", description="A filter as of the staff page's list, such as `delivery=not-emailed&batch=7`."
    )
    at: Text = Field("", max_length=40, description="As for sending one invoice, in the issuer's time zone.")
    issuer: int | None = Field(
        None,
        ge=1,
        le=LARGEST_ID,
        description="Issuer whose time zone `at` uses; optional if there is only one.",
    )
    rate: Text = Field(
        "", max_length=20, description="Emails per minute or a preset; if empty, the sender's own."
    )
    again: bool = Field(False, strict=True, description="Include customers who already have the email.")

    def selection(self) -> Selection:
        """Return the filter. Raises EmptySelection without any, BadFilter."""
        chosen = Selection(
            self.payment_status,
            self.currency,
            self.customer,
            self.due_before,
            self.failed_of,
            filter=from_text(self.filter).query,
        )
        if chosen == Selection():
            raise bulk.EmptySelection("add at least one filter")
        return chosen


class BulkRow(BaseModel):
    """Where a bulk send stands."""

    bulk_id: int
    state: str = Field(description="running, paused, cancelled or finished.")
    queued: int
    skipped: int = Field(description="Skipped: already emailed, or nothing left to pay.")
    waiting: int
    messages: dict[str, int] = Field(description="Number of emails by state.")
    rate_per_minute: int = Field(description="0 means no limit.")
    starts_at: datetime
    finishes_at: datetime | None = Field(description="Estimate from the rates; null if unknown.")

    @classmethod
    def of(cls, found: Progress) -> "BulkRow":
        """Return the row of a bulk send."""
        return cls(
            bulk_id=found.bulk.bulk_id,
            state=found.name,
            queued=found.bulk.queued,
            skipped=found.bulk.skipped,
            waiting=found.waiting,
            messages=found.counts,
            rate_per_minute=found.rate,
            starts_at=found.bulk.starts_at,
            finishes_at=found.finishes_at,
        )


class BulkList(BaseModel):
    """The newest 50, newest first."""

    data: list[BulkRow]

    @classmethod
    def of(cls, found: Iterable[Progress]) -> "BulkList":
        """Return the rows of bulk sends, in their order."""
        return cls(data=[BulkRow.of(one) for one in found])
