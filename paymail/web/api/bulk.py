"""Bulk sends: invoice emails for a filter, at a rate."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, Field

from paymail.models import PaymentStatus
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.core.issuers import find_issuer
from paymail.services.outbox.gates import rate_of
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Progress, Selection
from paymail.web.api.access import Access
from paymail.web.http.inputs import RowId
from paymail.web.schemas.pages import LARGEST_ID, PROBLEMS, Asked, Text
from paymail.wiring import App


class Start(Asked):
    """A filter over issued, owed invoices (at least one field), when, and how fast."""

    payment_status: PaymentStatus | None = None
    currency: Text = Field("", max_length=3)
    customer: Text = Field("", max_length=300, description="Exact name.")
    due_before: date | None = None
    failed_of: int | None = Field(None, ge=1, le=LARGEST_ID, description="Only what failed in this one.")
    at: Text = Field("", max_length=40, description="As of sending one invoice; the zone is the issuer's.")
    issuer: int | None = Field(None, ge=1, le=LARGEST_ID, description="Whose zone; not needed with only one.")
    rate: Text = Field("", max_length=20, description="Emails a minute or a preset; empty: the sender's own.")
    again: bool = Field(False, strict=True, description="Also who has the email already.")

    def selection(self) -> Selection:
        """Return the filter. Raises EmptySelection without any."""
        chosen = Selection(self.payment_status, self.currency, self.customer, self.due_before, self.failed_of)
        if chosen == Selection():
            raise bulk.EmptySelection("give a filter; a bulk send of everything is not meant")
        return chosen


class BulkRow(BaseModel):
    """Where a bulk send stands."""

    bulk_id: int
    state: str = Field(description="running, paused, cancelled or finished.")
    queued: int
    skipped: int = Field(description="Left out: the email is there already, or nothing is owed any more.")
    waiting: int
    messages: dict[str, int] = Field(description="Its emails by state.")
    rate_per_minute: int = Field(description="0 is no limit.")
    starts_at: datetime
    finishes_at: datetime | None = Field(description="By the rates; null: unknown.")

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


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of bulk sends."""
    routes = APIRouter(prefix="/api/v1/bulk", tags=["bulk"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    def shown(bulk_id: int) -> BulkRow:
        with app.reading() as session:
            return BulkRow.of(
                bulk.progress(session, bulk_id=bulk_id, now=app.now(), default_rate=app.sender_rate)
            )

    @routes.get("", responses=PROBLEMS)
    def list_bulk(_holder: Reader) -> BulkList:
        """List bulk sends. Scope: read."""
        with app.reading() as session:
            found = bulk.listed(session, now=app.now(), default_rate=app.sender_rate)
        return BulkList(data=[BulkRow.of(one) for one in found])

    @routes.post("", status_code=202, responses=PROBLEMS)
    def start(
        holder: Writer,
        body: Start,
        idempotency_key: Annotated[
            str | None,
            Header(
                min_length=1,
                max_length=64,
                pattern="^[ -~]+$",
                description="The same key starts one; with another body it is refused.",
            ),
        ] = None,
    ) -> BulkRow:
        """Start a bulk send; its emails are written and sent by the workers. Scope: write."""
        with app.transaction() as session:
            begun = bulk.start_requested(
                session,
                selection=body.selection(),
                actor=holder.actor,
                now=app.now(),
                at=body.at,
                issuer=find_issuer(session, ref=str(body.issuer or "")) if body.at else None,
                rate=rate_of(body.rate),
                again=body.again,
                request_key=f"{holder.prefix}:{idempotency_key}" if idempotency_key else None,
            )
        return shown(begun.bulk_id)

    @routes.get("/{bulk_id}", responses=PROBLEMS)
    def get_bulk(_holder: Reader, bulk_id: RowId) -> BulkRow:
        """Show where a bulk send stands. Scope: read."""
        return shown(bulk_id)

    @routes.post("/{bulk_id}/pause", responses=PROBLEMS)
    def pause(holder: Writer, bulk_id: RowId) -> BulkRow:
        """Let nothing more of it go out. Scope: write."""
        with app.transaction() as session:
            bulk.pause(session, bulk_id=bulk_id, actor=holder.actor, now=app.now())
        return shown(bulk_id)

    @routes.post("/{bulk_id}/resume", responses=PROBLEMS)
    def resume(_holder: Writer, bulk_id: RowId) -> BulkRow:
        """Go on with a paused one. Scope: write."""
        with app.transaction() as session:
            bulk.resume(session, bulk_id=bulk_id)
        return shown(bulk_id)

    @routes.post("/{bulk_id}/cancel", responses=PROBLEMS)
    def cancel(holder: Writer, bulk_id: RowId) -> BulkRow:
        """Withdraw all of it that is not handed over. Scope: write."""
        with app.transaction() as session:
            bulk.cancel(session, bulk_id=bulk_id, actor=holder.actor, now=app.now())
        return shown(bulk_id)

    return routes
