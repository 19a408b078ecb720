"""Addresses that must not be mailed, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from paymail.models import Suppression
from paymail.services.outbox import suppressions
from paymail.web.http.inputs import Text
from paymail.web.schemas.body import Body

_COLUMN = 320


def _keepable(address: str) -> str:
    # Lower case can be longer than what was given: the letter İ becomes two.
    if len(suppressions.normalised(address)) > _COLUMN:
        raise ValueError("the address is too long")
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


class Suppress(Body):
    """Which address, and why."""

    address: Address = Field(examples=["old@customer.example"])
    detail: Text = ""


class Lift(Body):
    """Which address, and why mail may go there again."""

    address: Address = Field(examples=["old@customer.example"])
    reason: Text = Field(min_length=1)


class Suppressed(BaseModel):
    """Whether this request suppressed the address; false: it was already."""

    suppressed: bool


class Lifted(BaseModel):
    """The address may be mailed again; `released` is how many invoices' reminders go on by it."""

    released: int
