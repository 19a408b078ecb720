"""Reminders: the forecast, why an invoice's wait, holds, a reminder by hand, and how they are set up."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from paymail.emails import Tone
from paymail.models import HoldReason
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.core.invoices import load_invoice
from paymail.services.core.issuers import find_issuer
from paymail.services.forecast.explanation import Explanation, explain
from paymail.services.forecast.forecast import Coming, forecast
from paymail.services.reminders import holds, planner, preferences
from paymail.web.api.access import Access
from paymail.web.api.invoices import Queued
from paymail.web.http.inputs import RowId
from paymail.web.schemas.pages import LARGEST_ID, PROBLEMS, Asked, Text
from paymail.wiring import App

LadderText = Annotated[
    Text | None,
    Field(max_length=300, description="Days from due and tone; empty inherits.", examples=["0:due, 7:firm"]),
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
    local: str = Field(description="`at` on the issuer's clock.")
    held: str = Field(description="Why it does not go out as things stand; empty when it will.")

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


class StepRow(BaseModel):
    """A step of the ladder and what became of it, or will."""

    step: str
    tone: str
    at: datetime
    local: str
    fate: str
    message_id: int | None


class Explained(BaseModel):
    """Why an invoice's reminders are as they are."""

    invoice_id: int
    next_at: datetime | None = Field(description="Of the next reminder if nothing changes; null: none comes.")
    next_local: str
    reason: str = Field(description="Why none goes out now.")
    steps: list[StepRow]

    @classmethod
    def of(cls, found: Explanation) -> "Explained":
        """Return what is explained of an invoice."""
        return cls(
            invoice_id=found.invoice.invoice_id,
            next_at=found.next_at,
            next_local=found.next_local,
            reason=found.problem or found.reason,
            steps=[
                StepRow(
                    step=step.step,
                    tone=step.tone,
                    at=step.at,
                    local=step.local,
                    fate=step.fate,
                    message_id=step.message_id,
                )
                for step in found.steps
            ],
        )


class Hold(Asked):
    """Why reminders shall wait, and through which day."""

    reason: HoldReason = HoldReason.STAFF
    until: date | None = Field(None, description="Through this day of the issuer's; null: until released.")
    detail: Text = ""


class Remind(Asked):
    """How the reminder speaks."""

    tone: Tone = Tone.FRIENDLY


class SetUp(Asked):
    """What to change; null leaves as it is."""

    off: bool | None = None
    ladder: LadderText = None


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of reminders."""
    routes = APIRouter(prefix="/api/v1", tags=["reminders"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    def explained(invoice_id: int) -> Explained:
        with app.reading() as session:
            return Explained.of(explain(session, invoice_id=invoice_id, now=app.now()))

    @routes.get("/forecast", responses=PROBLEMS)
    def get_forecast(
        _holder: Reader,
        days: Annotated[int, Query(ge=1, le=90, description="How far to look ahead.")] = 7,
        issuer: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only of this issuer.")] = None,
    ) -> Forecast:
        """Say what will go out, to whom and when, and what is held back and why. Scope: read."""
        with app.reading() as session:
            issuer_id = find_issuer(session, ref=str(issuer)).issuer_id if issuer else None
            found = forecast(session, now=app.now(), days=days, issuer_id=issuer_id)
        return Forecast(data=[ComingRow.of(one) for one in found])

    @routes.get("/invoices/{invoice_id}/reminders", responses=PROBLEMS)
    def get_reminders(_holder: Reader, invoice_id: RowId) -> Explained:
        """Say what goes out next for an invoice, and why nothing goes now. Scope: read."""
        return explained(invoice_id)

    @routes.post("/invoices/{invoice_id}/hold", responses=PROBLEMS)
    def hold(holder: Writer, invoice_id: RowId, body: Hold = Hold()) -> Explained:
        """Let no reminder of an invoice go out. Scope: write."""
        with app.transaction() as session:
            now = app.now()
            issuer = load_invoice(session, invoice_id=invoice_id).issuer
            holds.place(
                session,
                invoice_id=invoice_id,
                reason=body.reason,
                actor=holder.actor,
                now=now,
                until=holds.end_of_day(body.until, issuer, now) if body.until else None,
                detail=body.detail,
            )
        return explained(invoice_id)

    @routes.post("/invoices/{invoice_id}/release", responses=PROBLEMS)
    def release(holder: Writer, invoice_id: RowId) -> Explained:
        """Lift every hold of an invoice. Scope: write."""
        with app.transaction() as session:
            holds.lift(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())
        return explained(invoice_id)

    @routes.post("/invoices/{invoice_id}/remind", status_code=202, responses=PROBLEMS)
    def remind(holder: Writer, invoice_id: RowId, body: Remind = Remind()) -> Queued:
        """Send a reminder now, whatever the ladder says. Scope: write."""
        with app.transaction() as session:
            queued = planner.remind_by_hand(
                session, invoice_id=invoice_id, tone=body.tone, actor=holder.actor, now=app.now()
            )
        return Queued(message_id=queued.message_id, queued=queued.created)

    @routes.post("/invoices/{invoice_id}/reminders", responses=PROBLEMS)
    def set_up_invoice(holder: Writer, invoice_id: RowId, body: SetUp) -> Explained:
        """Switch an invoice's reminders, or give it a ladder of its own. Scope: write."""
        with app.transaction() as session:
            preferences.set_up_invoice(
                session,
                invoice_id=invoice_id,
                actor=holder.actor,
                now=app.now(),
                off=body.off,
                ladder_text=body.ladder,
            )
        return explained(invoice_id)

    @routes.post("/customers/{customer_id}/reminders", status_code=204, responses=PROBLEMS)
    def set_up_customer(_holder: Writer, customer_id: RowId, body: SetUp) -> None:
        """Switch a customer's reminders, or give them a ladder of their own. Scope: write."""
        with app.transaction() as session:
            preferences.set_up_customer(
                session, customer_id=customer_id, now=app.now(), off=body.off, ladder_text=body.ladder
            )

    return routes
