"""What customers say is wrong with invoices, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from paymail.models import Objection
from paymail.services.customers.objections import LONGEST_ANSWER
from paymail.web.schemas.body import Body


class ObjectionRow(BaseModel):
    """One thing that a customer said is wrong."""

    id: int
    reason: str = Field(description="`price`, `not_received`, `not_ours`, `order_number` or `other`.")
    lines: list[int] = Field(description="Numbers of the lines that it is about; may be empty.")
    words: str
    answer_to: str
    opened_at: datetime
    closed_at: datetime | None = Field(description="Null while it is open; at most one is.")
    closed_by: str
    answer: str

    @classmethod
    def of(cls, row: Objection) -> "ObjectionRow":
        """Return what programs see of it."""
        return cls(
            id=row.objection_id,
            reason=row.reason,
            lines=[int(position) for position in row.positions.split(",") if position],
            words=row.words,
            answer_to=row.answer_to,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            answer=row.answer,
        )


class Objections(BaseModel):
    """All of an invoice."""

    objections: list[ObjectionRow]


class CloseObjection(Body):
    """The answer, which is emailed."""

    answer: str = Field("", max_length=LONGEST_ANSWER, description="Empty: closed without an answer.")


class ClosedObjection(BaseModel):
    """It is closed."""

    message_id: int | None = Field(description="Of the answer's email; null without an answer.")
