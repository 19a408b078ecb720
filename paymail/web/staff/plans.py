"""What staff do about an invoice's payment plan: agree on one, change it, end it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import Invoice
from paymail.money import parse_amount
from paymail.services.core.invoices import load_invoice
from paymail.services.plans import agreement
from paymail.services.plans.instalment_text import read_count, read_day, read_parts
from paymail.services.plans.instalments import Cadence, Part, deposit_and_rest, equal_parts
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff.form_actions import NotAChoice
from paymail.web.staff.invoice_view import answer_form
from paymail.web.staff.plan_view import WAYS, EndForm, PlanForm, shown_of
from paymail.web.staff.session import Visiting

router = APIRouter()


class PlanChanged(Conflict):
    """The plan is no longer the one that the page showed."""

    code = "plan_changed"


@router.post("/invoices/{invoice_id}/plan")
def agree(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[PlanForm, Form()]
) -> Response:
    """Agree on a plan; an active one ends by it."""

    def do(session: Session, now: datetime) -> None:
        invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
        parts = _parts(form, invoice)
        # A double click finds its own plan; then nothing is changed.
        if not (invoice.plan and agreement.is_of(invoice.plan, parts)):
            _check_shown(invoice, form.shown)
        agreement.agree(session, invoice_id=invoice_id, parts=parts, actor=visitor.email, now=now)

    name = f"plan_{form.way}" if form.way in WAYS else ""
    return answer_form(app, request, visitor, invoice_id, form, do, did="plan", name=name)


@router.post("/invoices/{invoice_id}/plan/end")
def end(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[EndForm, Form()]
) -> Response:
    """End the plan that the page showed."""

    def do(session: Session, now: datetime) -> None:
        invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
        if invoice.plan is None and form.shown:
            return  # the second click of a double click; it has ended, as was asked
        if invoice.plan is not None:
            _check_shown(invoice, form.shown)
        agreement.end(session, invoice_id=invoice_id, reason=form.reason, actor=visitor.email, now=now)

    return answer_form(app, request, visitor, invoice_id, form, do, did="plan_end", name="plan_end")


def _check_shown(invoice: Invoice, shown: str) -> None:
    if shown_of(invoice.plan) != shown:
        raise PlanChanged(
            "the payment plan has changed since you loaded this page; check the current plan and try again"
        )


def _parts(form: PlanForm, invoice: Invoice) -> tuple[Part, ...]:
    """Read the form. Raises BadPlan, BadAmount, NotAChoice."""
    owed, currency = invoice.balance, invoice.currency
    match form.way:
        case "equal":
            return equal_parts(owed, read_count(form.count), read_day(form.first), _cadence(form.cadence))
        case "deposit":
            deposit = parse_amount(form.deposit, currency)
            return deposit_and_rest(owed, deposit, read_day(form.deposit_due), read_day(form.rest_due))
        case "given":
            return read_parts(form.lines, currency)
    raise NotAChoice(f"{form.way[:20]!r} is not a type of plan; choose {', '.join(WAYS)}")


def _cadence(text: str) -> Cadence:
    if text not in set(Cadence):
        raise NotAChoice(f"{text[:20]!r} is not a frequency; choose {', '.join(Cadence)}")
    return Cadence(text)
