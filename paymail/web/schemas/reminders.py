"""Reminders as JSON: the forecast, why an invoice's wait, and how they are set up."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from paymail.emails import Tone
from paymail.models import HoldReason
from paymail.services.forecast.coming import Coming
from paymail.services.forecast.explanation import Explanation, StepFate
from paymail.web.http.inputs import Text
from paymail.web.schemas.body import Body

LadderText = Annotated[
    Text | None,
    Field(
        max_length=300,
        description="Days from the due date and tone; empty to inherit.",
        examples=["0:due, 7:firm"],
    ),
]


class ComingRow(BaseModel):
    """An email that is to go out. `at` is null for what is held back without an end; money in major units."""

    invoice_id: int
    number: str
    customer_name: str
    recipient: str
    kind: str
    step: str
    balance: float
    currency: str
    at: datetime | None
    local: str = Field(description="`at` in the issuer's local time.")
    held: str = Field(description="Why it will not go out; empty if it will.")

    @classmethod
    def of(cls, one: Coming) -> "ComingRow":
        """Return the row of a coming email."""
        return cls(
            invoice_id=one.invoice_id,
            number=one.number,
            customer_name=one.customer,
            recipient=one.recipient,
            kind=one.kind,
            step=one.step,
            balance=float(one.balance.decimal),
            currency=one.balance.currency,
            at=one.at,
            local=one.local,
            held=one.held,
        )


class Forecast(BaseModel):
    """What goes out, in order, and what is held back, last."""

    data: list[ComingRow]

    @classmethod
    def of(cls, coming: Iterable[Coming]) -> "Forecast":
        """Return the rows of coming emails, in their order."""
        return cls(data=[ComingRow.of(one) for one in coming])


class StepRow(BaseModel):
    """A step of the ladder and what became of it, or will."""

    step: str
    tone: str
    at: datetime
    local: str
    fate: str
    message_id: int | None

    @classmethod
    def of(cls, step: StepFate) -> "StepRow":
        """Return the row of a step."""
        return cls(
            step=step.step,
            tone=step.tone,
            at=step.at,
            local=step.local,
            fate=step.fate,
            message_id=step.message_id,
        )


class Explained(BaseModel):
    """Why an invoice's reminders are as they are."""

    invoice_id: int
    next_at: datetime | None = Field(description="When the next reminder is due; null if none.")
    next_local: str
    reason: str = Field(description="Why none is due now.")
    steps: list[StepRow]

    @classmethod
    def of(cls, found: Explanation) -> "Explained":
        """Return what is explained of an invoice."""
        return cls(
            invoice_id=found.invoice.invoice_id,
            next_at=found.next_at,
            next_local=found.next_local,
            reason=found.problem or found.reason,
            steps=[StepRow.of(step) for step in found.steps],
        )


class Hold(Body):
    """Why reminders shall wait, and through which day."""

    reason: HoldReason = HoldReason.STAFF
    until: date | None = Field(None, description="Last day of the hold; null until released.")
    detail: Text = ""


class Remind(Body):
    """How the reminder speaks."""

    tone: Tone | None = Field(None, description="Null: as the ladder speaks today.")


class SetUp(Body):
    """What to change; null leaves as it is."""

    off: bool | None = None
    ladder: LadderText = None
