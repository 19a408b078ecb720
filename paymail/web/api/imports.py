"""Imports: what each brought, emailing it, and taking it back."""

from typing import Annotated

from fastapi import APIRouter, Query

from paymail.services.imports import import_emails, take_back
from paymail.services.lists import cursor, imports
from paymail.services.outbox.gates import rate_of
from paymail.services.sending import bulk
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, After, IdempotencyKey, Limit, RowId
from paymail.web.http.openapi import LIST_PROBLEMS, PROBLEMS
from paymail.web.schemas.bulk import BulkRow
from paymail.web.schemas.imports import ImportDetail, ImportRow, SendImport
from paymail.web.schemas.pages import Page, page
from paymail.wiring import App

router = APIRouter(prefix="/api/v1/imports", tags=["imports"])


def _shown(app: App, import_id: int) -> ImportDetail:
    with app.reading() as session:
        return ImportDetail.of_view(imports.view(session, import_id=import_id))


@router.get("", responses=LIST_PROBLEMS, response_model=Page[ImportRow])
def list_imports(
    app: AppDep,
    _holder: Reader,
    issuer: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only this issuer's.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> dict[str, object]:
    """List imports that changed or refused something, newest first. Scope: read."""
    with app.reading() as session:
        return page(cursor.imports(session, issuer_id=issuer, limit=limit, after=after), ImportRow.of)


@router.get("/{import_id}", responses=PROBLEMS)
def get_import(app: AppDep, _holder: Reader, import_id: RowId) -> ImportDetail:
    """Show what an import changed and refused, and what has become of it since. Scope: read."""
    return _shown(app, import_id)


@router.post("/{import_id}/send", status_code=202, responses=PROBLEMS)
def send_import(
    app: AppDep,
    holder: Writer,
    import_id: RowId,
    body: SendImport = SendImport(),
    idempotency_key: IdempotencyKey = None,
) -> BulkRow:
    """Email the unpaid invoices that it created and that have not been emailed yet. Scope: write."""
    with app.transaction() as session:
        begun = import_emails.send(
            session,
            import_id=import_id,
            actor=holder.actor,
            now=app.now(),
            at=body.at,
            rate=rate_of(body.rate),
            request_key=f"{holder.prefix}:{idempotency_key}" if idempotency_key else None,
        )
    with app.reading() as session:
        found = bulk.progress(session, bulk_id=begun.bulk_id, now=app.now(), default_rate=app.sender_rate)
        return BulkRow.of(found)


@router.post("/{import_id}/take-back", responses=PROBLEMS)
def take_import_back(app: AppDep, holder: Writer, import_id: RowId) -> ImportDetail:
    """Undo an import; 409 once any of it was emailed, paid or changed. Repeatable. Scope: write."""
    take_back(app.context(), import_id=import_id, actor=holder.actor)
    return _shown(app, import_id)
