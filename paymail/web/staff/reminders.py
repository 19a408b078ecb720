"""What staff do about the reminders of one invoice: hold, release, remind, switch and override."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.emails import Tone
from paymail.models import HoldReason
from paymail.services.core.invoices import load_invoice
from paymail.services.reminders import by_hand, holds, preferences
from paymail.services.reminders.holds import NoSuchHold
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff.form_actions import NotAChoice, StaffForm, Text, day_of
from paymail.web.staff.invoice_view import HoldForm, OverrideForm, RemindForm, answer_form
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/invoices/{invoice_id}")


class ReleaseForm(StaffForm):
    """Lift the hold of a reason; empty lifts all."""

    reason: Text = ""


@router.post("/hold")
def hold(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[HoldForm, Form()]
) -> Response:
    """Let the invoice's reminders wait."""

    made: list[int] = []

    def do(session: Session, now: datetime) -> None:
        day, reason = day_of(form.until), _reason(form.reason)
        issuer = load_invoice(session, invoice_id=invoice_id).issuer
        until = holds.end_of_day(day, issuer, now) if day else None
        in_force = holds.in_force(session, invoice_ids=[invoice_id], now=now)
        if (reason, until, form.note) in {(hold.reason, hold.until, hold.detail) for hold in in_force}:
            return  # the second click of a double click
        placed = holds.place(
            session,
            invoice_id=invoice_id,
            reason=reason,
            actor=visitor.email,
            now=now,
            until=until,
            detail=form.note,
        )
        if reason not in {hold.reason for hold in in_force}:  # one that it replaced would not come back
            made.append(placed.hold_id)

    return answer_form(app, request, visitor, invoice_id, form, do, did="hold", name="hold", of=made)


@router.post("/release")
def release(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[ReleaseForm, Form()]
) -> Response:
    """Lift a hold, or all of them."""

    ended: list[int] = []

    def do(session: Session, now: datetime) -> None:
        reason = _reason(form.reason) if form.reason else None
        in_force = holds.in_force(session, invoice_ids=[invoice_id], now=now)
        lifted = [one.hold_id for one in in_force if reason in (None, one.reason)]
        if len(lifted) == 1:
            ended.extend(lifted)
        try:
            holds.lift(session, invoice_id=invoice_id, actor=visitor.email, now=now, reason=reason)
        except NoSuchHold:
            return  # the second click of a double click: it is lifted, as was asked

    return answer_form(app, request, visitor, invoice_id, form, do, did="release", name="release", of=ended)


@router.post("/remind")
def remind(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[RemindForm, Form()]
) -> Response:
    """Send a reminder now."""

    def do(session: Session, now: datetime) -> None:
        by_hand.remind_by_hand(
            session,
            invoice_id=invoice_id,
            tone=_tone(form.tone) if form.tone else None,
            actor=visitor.email,
            now=now,
            sequence=form.sequence,
        )

    return answer_form(app, request, visitor, invoice_id, form, do, did="remind", name="remind")


@router.post("/reminders")
def of_invoice(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[OverrideForm, Form()]
) -> Response:
    """Switch the invoice's reminders, or give it a ladder."""

    def do(session: Session, now: datetime) -> None:
        preferences.set_up_invoice(
            session,
            invoice_id=invoice_id,
            actor=visitor.email,
            now=now,
            off=_off(form),
            ladder_text=form.ladder,
        )

    return answer_form(app, request, visitor, invoice_id, form, do, did="invoice", name="invoice")


@router.post("/customer-reminders")
def of_customer(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[OverrideForm, Form()]
) -> Response:
    """Switch the customer's reminders, or give them a ladder."""

    def do(session: Session, now: datetime) -> None:
        customer_id = load_invoice(session, invoice_id=invoice_id).customer_id
        preferences.set_up_customer(
            session,
            customer_id=customer_id,
            actor=visitor.email,
            now=now,
            off=_off(form),
            ladder_text=form.ladder,
        )

    return answer_form(app, request, visitor, invoice_id, form, do, did="customer", name="customer")


def _reason(text: str) -> HoldReason:
    if text not in set(HoldReason):
        raise NotAChoice(f"{text[:20]!r} is not a reason; choose {', '.join(HoldReason)}")
    return HoldReason(text)


def _tone(text: str) -> Tone:
    if text not in set(Tone):
        raise NotAChoice(f"{text[:20]!r} is not a tone; choose {', '.join(Tone)}")
    return Tone(text)


def _off(form: OverrideForm) -> bool:
    if form.reminders not in ("on", "off"):
        raise NotAChoice("reminders must be on or off")
    return form.reminders == "off"
