"""Payment plans: how an invoice is paid in instalments."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from paymail.models import Invoice
from paymail.money import parse_amount
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.core.invoices import load_invoice
from paymail.services.plans import agreement
from paymail.services.plans.instalments import MOST_PARTS, Cadence, Part, deposit_and_rest, equal_parts
from paymail.web.api.access import Access
from paymail.web.api.payments import Amount
from paymail.web.http.inputs import RowId
from paymail.web.schemas.pages import PROBLEMS, Asked, Text
from paymail.web.schemas.plan import PlanDetail
from paymail.wiring import App

Reason = Annotated[Text, Query(min_length=1, max_length=300, description="Why; kept in the history.")]


class EqualParts(Asked):
    """What is owed in equal instalments; what is left over of the division is on the first."""

    count: int = Field(ge=1, le=MOST_PARTS, strict=True)
    cadence: Cadence
    first: date = Field(description="When the first one is due.")


class DepositAndRest(Asked):
    """A part first, and what is left of what is owed later."""

    deposit: Amount
    deposit_due: date
    rest_due: date


class GivenPart(Asked):
    """One instalment."""

    due: date
    amount: Amount


class GivenParts(Asked):
    """Instalments one by one, by due date; together they are what is owed."""

    instalments: list[GivenPart] = Field(min_length=1, max_length=MOST_PARTS)


Division = EqualParts | DepositAndRest | GivenParts


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of payment plans."""
    routes = APIRouter(prefix="/api/v1/invoices", tags=["plans"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    @routes.get("/{invoice_id}/plan", responses=PROBLEMS)
    def get_plan(_holder: Reader, invoice_id: RowId) -> PlanDetail:
        """Show an invoice's payment plan and what is open of it. Scope: read."""
        with app.reading() as session:
            return PlanDetail.of(load_invoice(session, invoice_id=invoice_id), app.now())

    @routes.put("/{invoice_id}/plan", responses=PROBLEMS)
    def agree(holder: Writer, invoice_id: RowId, body: Division) -> PlanDetail:
        """Divide what is owed into instalments; an active plan ends by it. Scope: write."""
        now = app.now()
        with app.transaction() as session:
            invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
            parts = _parts(body, invoice)
            agreement.agree(session, invoice_id=invoice_id, parts=parts, actor=holder.actor, now=now)
            return PlanDetail.of(load_invoice(session, invoice_id=invoice_id, lock=True), now)

    @routes.delete("/{invoice_id}/plan", status_code=204, responses=PROBLEMS)
    def end(holder: Writer, invoice_id: RowId, reason: Reason) -> None:
        """End the plan: the whole balance is due again; 409 when there is none. Scope: write."""
        with app.transaction() as session:
            agreement.end(session, invoice_id=invoice_id, reason=reason, actor=holder.actor, now=app.now())

    return routes


def _parts(body: Division, invoice: Invoice) -> tuple[Part, ...]:
    """Read how to divide what is owed. Raises BadPlan, BadAmount."""
    owed, currency = invoice.balance, invoice.currency
    match body:
        case EqualParts():
            return equal_parts(owed, body.count, body.first, body.cadence)
        case DepositAndRest():
            deposit = parse_amount(body.deposit, currency)
            return deposit_and_rest(owed, deposit, body.deposit_due, body.rest_due)
        case GivenParts():
            return tuple(Part(one.due, parse_amount(one.amount, currency)) for one in body.instalments)
