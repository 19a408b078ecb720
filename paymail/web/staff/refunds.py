"""Refunds that wait for a second person: the list, and what is decided about one on its invoice's page."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.services.core.issuers import all_issuers
from paymail.services.refunds import refund_approvals
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, RowId
from paymail.web.staff.form_actions import StaffForm, Text
from paymail.web.staff.invoice_view import answer_form
from paymail.web.staff.money_view import WORDS
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter()


class RefuseForm(StaffForm):
    """Refuse a refund."""

    reason: Text = ""


@router.get("/refunds")
def proposed(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    company: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> Response:
    """List the refunds that wait for approval, the oldest first."""
    only = (company,) if company else ()
    with app.reading() as session:
        context = {
            "visitor": visitor,
            "issuers": {one.issuer_id: one for one in all_issuers(session)},
            "rows": refund_approvals.proposals(session, company=only),
            "waiting": refund_approvals.waiting(session, company=only),
            "ways": WORDS,
            "now": app.now(),
        }
    return PAGES.TemplateResponse(request, "refunds.html", context)


@router.post("/invoices/{invoice_id}/refunds/{refund_id}/approve")
def approve(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    invoice_id: RowId,
    refund_id: RowId,
    form: Annotated[StaffForm, Form()],
) -> Response:
    """Approve a refund that somebody else asked for."""

    def do(session: Session, now: datetime) -> None:
        refund_approvals.approve(
            session, refund_id=refund_id, invoice_id=invoice_id, person=visitor.email, now=now
        )

    return answer_form(
        app, request, visitor, invoice_id, form, do, did="refund_approved", name=f"approval-{refund_id}"
    )


@router.post("/invoices/{invoice_id}/refunds/{refund_id}/refuse")
def refuse(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    invoice_id: RowId,
    refund_id: RowId,
    form: Annotated[RefuseForm, Form()],
) -> Response:
    """Refuse a refund that somebody asked for."""

    def do(session: Session, now: datetime) -> None:
        refund_approvals.refuse(
            session,
            refund_id=refund_id,
            invoice_id=invoice_id,
            reason=form.reason,
            actor=visitor.email,
            now=now,
        )

    return answer_form(
        app, request, visitor, invoice_id, form, do, did="refund_refused", name=f"approval-{refund_id}"
    )


@router.post("/invoices/{invoice_id}/refunds/{refund_id}/withdraw")
def withdraw(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    invoice_id: RowId,
    refund_id: RowId,
    form: Annotated[StaffForm, Form()],
) -> Response:
    """Withdraw a refund that one asked for oneself."""

    def do(session: Session, now: datetime) -> None:
        refund_approvals.withdraw(
            session, refund_id=refund_id, invoice_id=invoice_id, actor=visitor.email, now=now
        )

    return answer_form(
        app, request, visitor, invoice_id, form, do, did="refund_withdrawn", name=f"approval-{refund_id}"
    )
