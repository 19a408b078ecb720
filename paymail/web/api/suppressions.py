"""Suppressions: which addresses must not be mailed, and lifting that with a reason."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from paymail.models import Suppression
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.customers import addresses
from paymail.services.lists import cursor
from paymail.services.outbox import suppressions
from paymail.web.api.access import Access
from paymail.web.schemas.pages import LIST_PROBLEMS, PROBLEMS, After, Asked, Limit, Page, Text, page
from paymail.wiring import App

_COLUMN = 320


def _keepable(address: str) -> str:
    # Lower case can be longer than what was given: the letter İ becomes two.
    if len(suppressions.normalised(address)) > _COLUMN:
        raise ValueError("this address is too long")
    return address


# RFC 5321 §4.5.3.1: 64 octets before the @, 254 in all. What else it may be is the mail server's business.
Address = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\x00-\x20\x7f]{1,64}@[^@\x00-\x20\x7f]+$", max_length=254),
    AfterValidator(_keepable),
]


class SuppressionRow(BaseModel):
    """An address that must not be mailed, or once must not have been."""

    suppression_id: int
    address: str
    reason: str
    detail: str
    message_id: int | None
    created_at: datetime
    created_by: str
    lifted_at: datetime | None
    lifted_by: str
    lift_reason: str

    @classmethod
    def of(cls, row: Suppression) -> "SuppressionRow":
        """Return what a row says."""
        return cls(
            suppression_id=row.suppression_id,
            address=row.address,
            reason=row.reason,
            detail=row.detail,
            message_id=row.message_id,
            created_at=row.created_at,
            created_by=row.created_by,
            lifted_at=row.lifted_at,
            lifted_by=row.lifted_by,
            lift_reason=row.lift_reason,
        )


class Suppress(Asked):
    """Which address, and why."""

    address: Address = Field(examples=["old@customer.example"])
    detail: Text = ""


class Lift(Asked):
    """Which address, and why mail may go there again."""

    address: Address = Field(examples=["old@customer.example"])
    reason: Text = Field(min_length=1)


class Suppressed(BaseModel):
    """Whether this request suppressed the address; false: it was already."""

    suppressed: bool


class Lifted(BaseModel):
    """The address may be mailed again; `released` is how many invoices' reminders go on by it."""

    released: int


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of suppressions."""
    routes = APIRouter(prefix="/api/v1/suppressions", tags=["suppressions"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    @routes.get("", responses=LIST_PROBLEMS, response_model=Page[SuppressionRow])
    def list_suppressions(
        _holder: Reader,
        lifted: Annotated[bool, Query(description="The ended ones too.")] = False,
        limit: Limit = 50,
        after: After = None,
    ) -> dict[str, object]:
        """List suppressions, newest first. Scope: read."""
        with app.reading() as session:
            return page(
                cursor.suppressions(session, lifted=lifted, limit=limit, after=after), SuppressionRow.of
            )

    @routes.post("", responses=LIST_PROBLEMS)
    def suppress(holder: Writer, body: Suppress) -> Suppressed:
        """Let no mail go to an address. Scope: write."""
        with app.transaction() as session:
            fresh = addresses.suppress(
                session, address=body.address, why=body.detail, actor=holder.actor, now=app.now()
            )
        return Suppressed(suppressed=fresh)

    @routes.post("/lift", responses=PROBLEMS)
    def lift(holder: Writer, body: Lift) -> Lifted:
        """Let mail go to an address again, and reminders that its bounces held. Scope: write."""
        with app.transaction() as session:
            released = addresses.readmit(
                session, address=body.address, reason=body.reason, actor=holder.actor, now=app.now()
            )
        return Lifted(released=released)

    return routes
