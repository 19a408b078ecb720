"""Bulk sends: invoice emails for a filter, at a rate."""

from typing import Annotated

from fastapi import APIRouter, Header

from paymail.services.core.issuers import find_issuer
from paymail.services.outbox.gates import rate_of
from paymail.services.sending import bulk
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.bulk import BulkList, BulkRow, StartBulk
from paymail.wiring import App

router = APIRouter(prefix="/api/v1/bulk", tags=["bulk"])

BulkKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=64,
        pattern="^[ -~]+$",
        description="Repeating a key starts only one bulk send; a different body is refused.",
    ),
]


def _shown(app: App, bulk_id: int) -> BulkRow:
    with app.reading() as session:
        return BulkRow.of(
            bulk.progress(session, bulk_id=bulk_id, now=app.now(), default_rate=app.sender_rate)
        )


@router.get("", responses=PROBLEMS)
def list_bulk(app: AppDep, _holder: Reader) -> BulkList:
    """List bulk sends. Scope: read."""
    with app.reading() as session:
        found = bulk.listed(session, now=app.now(), default_rate=app.sender_rate)
    return BulkList.of(found)


@router.post("", status_code=202, responses=PROBLEMS)
def start(
    app: AppDep,
    holder: Writer,
    body: StartBulk,
    idempotency_key: BulkKey = None,
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
    return _shown(app, begun.bulk_id)


@router.get("/{bulk_id}", responses=PROBLEMS)
def get_bulk(app: AppDep, _holder: Reader, bulk_id: RowId) -> BulkRow:
    """Show the progress of a bulk send. Scope: read."""
    return _shown(app, bulk_id)


@router.post("/{bulk_id}/pause", responses=PROBLEMS)
def pause(app: AppDep, holder: Writer, bulk_id: RowId) -> BulkRow:
    """Pause a bulk send. Scope: write."""
    with app.transaction() as session:
        bulk.pause(session, bulk_id=bulk_id, actor=holder.actor, now=app.now())
    return _shown(app, bulk_id)


@router.post("/{bulk_id}/resume", responses=PROBLEMS)
def resume(app: AppDep, _holder: Writer, bulk_id: RowId) -> BulkRow:
    """Resume a paused bulk send. Scope: write."""
    with app.transaction() as session:
        bulk.resume(session, bulk_id=bulk_id)
    return _shown(app, bulk_id)


@router.post("/{bulk_id}/cancel", responses=PROBLEMS)
def cancel(app: AppDep, holder: Writer, bulk_id: RowId) -> BulkRow:
    """Cancel every message that has not been handed over. Scope: write."""
    with app.transaction() as session:
        bulk.cancel(session, bulk_id=bulk_id, actor=holder.actor, now=app.now())
    return _shown(app, bulk_id)
