"""Addresses that must not be mailed: the list, adding one, and lifting one with a reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from paymail.errors import InvalidInput, NotFound
from paymail.models import Suppression
from paymail.services import bounces
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.customers import addresses
from paymail.services.outbox import suppressions
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText
from paymail.web.staff import flash
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/suppressions")

Text = Annotated[FormText, Form(max_length=500)]


def _shown(
    app: App, request: Request, visitor: Visitor, problem: str = "", status: int = 200
) -> HTMLResponse:
    with app.reading() as session:
        active, every = suppressions.listed(session), suppressions.listed(session, lifted=True)
        context = {
            "visitor": visitor,
            "active": active,
            "lifted": [one for one in every if one.lifted_at][:50],
            "bounces": bounces.listed(session, limit=50),
            "problem": problem,
            "flash": "" if problem else flash.said(request),
            "undo": _undo(request, active, every),
        }
    return PAGES.TemplateResponse(request, "suppressions.html", context, status)


def _undo(request: Request, active: list[Suppression], every: list[Suppression]) -> flash.Undo | None:
    """Return how to take back that staff blocked an address or took it off, while nothing came after it."""
    of = flash.did(request, "blocked", "lifted")
    one = next((one for one in every if one.suppression_id == of), None)
    if one is None:
        return None
    if one.lifted_at is None:
        return flash.Undo("/staff/suppressions/lift", {"address": one.address, "reason": "Undone"})
    if one.address in {other.address for other in active}:
        return None
    return flash.Undo("/staff/suppressions", {"address": one.address, "why": one.detail})


@router.get("")
def page(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """Show the addresses and the latest bounces."""
    return _shown(app, request, visitor)


@router.post("")
def add(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    csrf: FormText,
    address: Text,
    why: Text = "",
) -> Response:
    """Let no mail go to an address."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            new = addresses.suppress(session, address=address, actor=visitor.email, now=app.now(), why=why)
            one = suppressions.active(session, address=address)
            of = one.suppression_id if one and new else None
    except InvalidInput as error:
        return _shown(app, request, visitor, str(error), 422)
    return flash.back_to("/staff/suppressions", "blocked", of)


@router.post("/lift")
def lift(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    csrf: FormText,
    address: Text,
    reason: Text = "",
) -> Response:
    """Let mail go to an address again."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            one = suppressions.active(session, address=address)
            of = one.suppression_id if one and one.reason == "staff" else None
            addresses.readmit(session, address=address, reason=reason, actor=visitor.email, now=app.now())
    except (InvalidInput, NotFound) as error:
        return _shown(app, request, visitor, str(error), 422 if isinstance(error, InvalidInput) else 404)
    return flash.back_to("/staff/suppressions", "lifted", of)
