"""Suppressions: which addresses must not be mailed, and lifting that with a reason."""

from typing import Annotated

from fastapi import APIRouter, Query

from paymail.services.customers import addresses
from paymail.services.lists import cursor
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import After, Limit
from paymail.web.http.openapi import LIST_PROBLEMS, PROBLEMS
from paymail.web.schemas.pages import Page, page
from paymail.web.schemas.suppressions import Lift, Lifted, Suppress, Suppressed, SuppressionRow

router = APIRouter(prefix="/api/v1/suppressions", tags=["suppressions"])


@router.get("", responses=LIST_PROBLEMS, response_model=Page[SuppressionRow])
def list_suppressions(
    app: AppDep,
    _holder: Reader,
    lifted: Annotated[bool, Query(description="Include lifted suppressions.")] = False,
    limit: Limit = 50,
    after: After = None,
) -> dict[str, object]:
    """List suppressions, newest first. Scope: read."""
    with app.reading() as session:
        return page(cursor.suppressions(session, lifted=lifted, limit=limit, after=after), SuppressionRow.of)


@router.post("", responses=LIST_PROBLEMS)
def suppress(app: AppDep, holder: Writer, body: Suppress) -> Suppressed:
    """Suppress an address. Scope: write."""
    with app.transaction() as session:
        fresh = addresses.suppress(
            session, address=body.address, why=body.detail, actor=holder.actor, now=app.now()
        )
    return Suppressed(suppressed=fresh)


@router.post("/lift", responses=PROBLEMS)
def lift(app: AppDep, holder: Writer, body: Lift) -> Lifted:
    """Lift a suppression; reminders held after its bounces resume. Scope: write."""
    with app.transaction() as session:
        released = addresses.readmit(
            session, address=body.address, reason=body.reason, actor=holder.actor, now=app.now()
        )
    return Lifted(released=released)
