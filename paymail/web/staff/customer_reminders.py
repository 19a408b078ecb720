"""All reminders of a customer: on, on hold until a day for a reason, or off."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.services.core.customers import find_customer
from paymail.services.reminders import customer_holds, holds, preferences
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.customer_view import RemindersForm, shown
from paymail.web.staff.form_actions import NotAChoice, act, day_of
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/customers/{customer_id}/reminders")


@router.post("")
def change(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    customer_id: RowId,
    form: Annotated[RemindersForm, Form()],
) -> Response:
    """Switch or hold the customer's reminders; the second click of a double click changes nothing."""

    def do(session: Session, now: datetime) -> None:
        if form.reminders not in ("on", "held", "off"):
            raise NotAChoice("reminders must be on, held or off")
        own, actor = customer_id, visitor.email
        if form.reminders == "held":
            until = _end(session, own, form, now)
            customer_holds.hold(
                session, customer_id=own, reason=form.reason, until=until, actor=actor, now=now
            )
        else:
            customer_holds.release(session, customer_id=own, actor=actor, now=now)
        off = form.reminders == "off"
        preferences.set_up_customer(session, customer_id=own, off=off, actor=actor, now=now)

    if refusal := act(app, visitor, form, do):
        return shown(app, request, visitor, customer_id, refusal.reason, refusal.status, form)
    return flash.back_to(f"/staff/customers/{customer_id}", "customer")


def _end(session: Session, customer_id: int, form: RemindersForm, now: datetime) -> datetime | None:
    day = day_of(form.until)
    issuer_id = find_customer(session, customer_id=customer_id).issuer_id
    return holds.end_of_day(day, session.get_one(Issuer, issuer_id), now) if day else None
