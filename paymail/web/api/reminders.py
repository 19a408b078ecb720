"""Reminders: the forecast, why an invoice's wait, holds, a reminder by hand, and how they are set up."""

from typing import Annotated

from fastapi import APIRouter, Query

from paymail.models import Issuer
from paymail.services.core.customers import find_customer
from paymail.services.core.invoices import load_invoice
from paymail.services.core.issuers import find_issuer
from paymail.services.forecast.explanation import explain
from paymail.services.forecast.forecast import forecast
from paymail.services.reminders import by_hand, customer_holds, holds, preferences
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, RowId
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.customers import CustomerRow, HoldCustomer
from paymail.web.schemas.messages import Queued
from paymail.web.schemas.reminders import Explained, Forecast, Hold, Remind, SetUp
from paymail.wiring import App

router = APIRouter(prefix="/api/v1", tags=["reminders"])


def _explained(app: App, invoice_id: int) -> Explained:
    with app.reading() as session:
        return Explained.of(explain(session, invoice_id=invoice_id, now=app.now()))


@router.get("/forecast", responses=PROBLEMS)
def get_forecast(
    app: AppDep,
    _holder: Reader,
    days: Annotated[int, Query(ge=1, le=90, description="Number of days to look ahead.")] = 7,
    issuer: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only this issuer.")] = None,
) -> Forecast:
    """Show which emails will go out, to whom and when, and which are held back. Scope: read."""
    with app.reading() as session:
        issuer_id = find_issuer(session, ref=str(issuer)).issuer_id if issuer else None
        found = forecast(session, now=app.now(), days=days, issuer_id=issuer_id)
    return Forecast.of(found)


@router.get("/invoices/{invoice_id}/reminders", responses=PROBLEMS)
def get_reminders(app: AppDep, _holder: Reader, invoice_id: RowId) -> Explained:
    """Show an invoice's next reminder, and why none is due now. Scope: read."""
    return _explained(app, invoice_id)


@router.post("/invoices/{invoice_id}/hold", responses=PROBLEMS)
def hold(app: AppDep, holder: Writer, invoice_id: RowId, body: Hold = Hold()) -> Explained:
    """Hold an invoice's reminders. Scope: write."""
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
    return _explained(app, invoice_id)


@router.post("/invoices/{invoice_id}/release", responses=PROBLEMS)
def release(app: AppDep, holder: Writer, invoice_id: RowId) -> Explained:
    """Release every hold on an invoice. Scope: write."""
    with app.transaction() as session:
        holds.lift(session, invoice_id=invoice_id, actor=holder.actor, now=app.now())
    return _explained(app, invoice_id)


@router.post("/invoices/{invoice_id}/remind", status_code=202, responses=PROBLEMS)
def remind(app: AppDep, holder: Writer, invoice_id: RowId, body: Remind = Remind()) -> Queued:
    """Send a reminder now, regardless of the ladder. Scope: write."""
    with app.transaction() as session:
        queued = by_hand.remind_by_hand(
            session, invoice_id=invoice_id, tone=body.tone, actor=holder.actor, now=app.now()
        )
    return Queued.of(queued)


@router.post("/invoices/{invoice_id}/reminders", responses=PROBLEMS)
def set_up_invoice(app: AppDep, holder: Writer, invoice_id: RowId, body: SetUp) -> Explained:
    """Turn an invoice's reminders on or off, or set its own ladder. Scope: write."""
    with app.transaction() as session:
        preferences.set_up_invoice(
            session,
            invoice_id=invoice_id,
            actor=holder.actor,
            now=app.now(),
            off=body.off,
            ladder_text=body.ladder,
        )
    return _explained(app, invoice_id)


@router.post("/customers/{customer_id}/hold", responses=PROBLEMS)
def hold_customer(app: AppDep, holder: Writer, customer_id: RowId, body: HoldCustomer) -> CustomerRow:
    """Hold all reminders of a customer, also of invoices that come later; it replaces the hold before.
    Scope: write."""
    with app.transaction() as session:
        now, issuer_id = app.now(), find_customer(session, customer_id=customer_id).issuer_id
        issuer = session.get_one(Issuer, issuer_id)
        until = holds.end_of_day(body.until, issuer, now) if body.until else None
        return CustomerRow.of(
            customer_holds.hold(
                session,
                customer_id=customer_id,
                reason=body.reason,
                until=until,
                actor=holder.actor,
                now=now,
            )
        )


@router.post("/customers/{customer_id}/release", responses=PROBLEMS)
def release_customer(app: AppDep, holder: Writer, customer_id: RowId) -> CustomerRow:
    """End the hold of all reminders of a customer; holds of single invoices stay. Scope: write."""
    with app.transaction() as session:
        customer_holds.release(session, customer_id=customer_id, actor=holder.actor, now=app.now())
        return CustomerRow.of(find_customer(session, customer_id=customer_id))


@router.post("/customers/{customer_id}/reminders", status_code=204, responses=PROBLEMS)
def set_up_customer(app: AppDep, holder: Writer, customer_id: RowId, body: SetUp) -> None:
    """Turn a customer's reminders on or off, or set their own ladder. Scope: write."""
    with app.transaction() as session:
        preferences.set_up_customer(
            session,
            customer_id=customer_id,
            actor=holder.actor,
            now=app.now(),
            off=body.off,
            ladder_text=body.ladder,
        )
