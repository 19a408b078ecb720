"""Issuers: who bills, and how."""

from fastapi import APIRouter

from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import bank_changes, issuer_settings, logos
from paymail.services.issuers.setting_history import changes_of
from paymail.services.lists import cursor
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import After, Limit, RowId
from paymail.web.http.openapi import LIST_PROBLEMS, PROBLEMS
from paymail.web.schemas.issuers import IssuerChanges, IssuerDetail, IssuerRow
from paymail.web.schemas.pages import Page, page
from paymail.wiring import App

router = APIRouter(prefix="/api/v1/issuers", tags=["issuers"])


@router.get("", responses=LIST_PROBLEMS, response_model=Page[IssuerRow])
def list_issuers(app: AppDep, _holder: Reader, limit: Limit = 50, after: After = None) -> dict[str, object]:
    """List issuers, newest first. Scope: read."""
    with app.reading() as session:
        return page(cursor.issuers(session, limit=limit, after=after), IssuerRow.of)


@router.get("/{issuer_id}", responses=PROBLEMS)
def get_issuer(app: AppDep, _holder: Reader, issuer_id: RowId) -> IssuerDetail:
    """Show one issuer with its settings, and what was changed of it by whom. Scope: read."""
    return _detail(app, issuer_id)


@router.patch("/{issuer_id}", responses=PROBLEMS)
def change_issuer(app: AppDep, holder: Writer, issuer_id: RowId, body: IssuerChanges) -> IssuerDetail:
    """Change details and settings of an issuer, all of them or none. Scope: write."""
    with app.transaction() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        changes = body.given(issuer.currency)
        issuer_settings.set_up_issuer(
            session, issuer=issuer, changes=changes, actor=holder.actor, now=app.now()
        )
        if "logo" in body.model_fields_set:
            logos.set_logo(session, issuer=issuer, content=body.logo, actor=holder.actor, now=app.now())
    return _detail(app, issuer_id)


@router.post("/{issuer_id}/bank-change/cancel", responses=PROBLEMS)
def cancel_bank_change(app: AppDep, holder: Writer, issuer_id: RowId) -> IssuerDetail:
    """Cancel the change of an issuer's bank details that waits. Scope: write."""
    with app.transaction() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        bank_changes.cancel(session, issuer=issuer, actor=holder.actor, now=app.now())
    return _detail(app, issuer_id)


def _detail(app: App, issuer_id: int) -> IssuerDetail:
    with app.reading() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        changes = changes_of(session, issuer_id=issuer_id)
        return IssuerDetail.with_changes(issuer, changes, bank_changes.waiting(session, issuer_id=issuer_id))
