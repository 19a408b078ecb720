"""Issuers: who bills, and how."""

from fastapi import APIRouter

from paymail.services.core.issuers import find_issuer
from paymail.services.lists import cursor
from paymail.web.api.access import Reader
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import After, Limit, RowId
from paymail.web.http.openapi import LIST_PROBLEMS, PROBLEMS
from paymail.web.schemas.issuers import IssuerRow
from paymail.web.schemas.pages import Page, page

router = APIRouter(prefix="/api/v1/issuers", tags=["issuers"])


@router.get("", responses=LIST_PROBLEMS, response_model=Page[IssuerRow])
def list_issuers(app: AppDep, _holder: Reader, limit: Limit = 50, after: After = None) -> dict[str, object]:
    """List issuers, newest first. Scope: read."""
    with app.reading() as session:
        return page(cursor.issuers(session, limit=limit, after=after), IssuerRow.of)


@router.get("/{issuer_id}", responses=PROBLEMS)
def get_issuer(app: AppDep, _holder: Reader, issuer_id: RowId) -> IssuerRow:
    """Show one issuer with its settings. Scope: read."""
    with app.reading() as session:
        return IssuerRow.of(find_issuer(session, ref=str(issuer_id)))
