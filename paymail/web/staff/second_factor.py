"""The second factor: its step of signing in, and turning it on and off."""

from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Annotated

import segno
from fastapi import APIRouter, Cookie, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from paymail import observability
from paymail.models import StaffUser
from paymail.services.access import people, second_factor
from paymail.services.access.logins import LoginRefused, give_code
from paymail.services.access.staff import Visitor
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText
from paymail.web.http.limiter import address_of
from paymail.web.http.login_limits import LoginAttempt
from paymail.web.http.rate_limits import limit_logins, rate_limits
from paymail.web.staff.code_limits import limit_codes
from paymail.web.staff.form_actions import Refusal, StaffForm, Text, act
from paymail.web.staff.login import welcome
from paymail.web.staff.pages import PAGES
from paymail.web.staff.proofs import Proof, act_proven
from paymail.web.staff.session import LOGIN, Visiting
from paymail.wiring import App

log = observability.logger(__name__)
step = APIRouter()
router = APIRouter(prefix="/account/second-factor")
HERE = "/staff/account/second-factor"
Secret = Annotated[str, Cookie(alias="paymail_session")]


class BeginForm(StaffForm):
    """The present password."""

    present: Proof = ""


class CodeForm(StaffForm):
    """A code of the app, or a recovery code."""

    code: Text = ""


@step.get("/login/code")
def code_form(request: Request) -> HTMLResponse:
    """Ask for the code that follows the password."""
    return PAGES.TemplateResponse(request, "login_code.html", {"reason": ""})


@step.post("/login/code", dependencies=[Depends(limit_logins)])
async def check_code(app: AppDep, request: Request, code: FormText, secret: Secret = "") -> Response:
    """Finish signing in, or ask again."""
    return await rate_limits(request).counting.run(partial(_finish, app, request, code, secret))


def _finish(app: App, request: Request, code: str, secret: str) -> Response:
    with app.transaction() as session:
        person = second_factor.half_signed_in(session, secret=secret, now=app.now())
    if person is None:
        return RedirectResponse(LOGIN, 303)
    limits, attempt = (
        rate_limits(request).logins,
        LoginAttempt.of(f"code {person.email}", address_of(request)),
    )
    limits.count_failure(attempt)
    lifetime = timedelta(hours=app.settings.session_hours)
    try:
        login = give_code(
            app.login_context(), secret=secret, code=code, lifetime=lifetime, address=attempt.address
        )
    except LoginRefused as error:
        log.warning("code refused", account=attempt.account[:12], address=attempt.address)
        return PAGES.TemplateResponse(request, "login_code.html", {"reason": str(error)}, 403)
    limits.remember(attempt)
    return welcome(app, login)


@router.get("")
def enrolment(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """Show how the second factor stands, and while an app is enrolled its QR code."""
    return _page(app, request, visitor)


@router.get("/code.svg")
def qr_code(app: AppDep, visitor: Visiting) -> Response:
    """Show the QR code of the app that is being enrolled; empty when none is."""
    with app.reading() as session:
        address = second_factor.address_of(session.get_one(StaffUser, visitor.user_id))
    drawn = BytesIO()
    if address:
        segno.make(address, error="m", micro=False).save(drawn, kind="svg", scale=5, border=4, light="#fff")
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@router.post("/begin")
def begin(app: AppDep, request: Request, visitor: Visiting, form: Annotated[BeginForm, Form()]) -> Response:
    """Make the secret that the app is enrolled with, for who knows the password."""

    def make(session: Session, _now: datetime) -> None:
        second_factor.begin(_own(session, visitor))

    unless_on = second_factor.refuse_while_on
    refusal = act_proven(app, request, visitor, form, form.present, make, before=unless_on)
    return _page(app, request, visitor, refusal) if refusal else RedirectResponse(HERE, 303)


@router.post("")
def turn_on(
    app: AppDep, request: Request, visitor: Visiting, form: Annotated[CodeForm, Form()], secret: Secret = ""
) -> Response:
    """Turn it on with the app's first code, and show the recovery codes once; other sessions end."""
    codes: list[str] = []

    def enrol(session: Session, now: datetime) -> None:
        user = _own(session, visitor)
        codes.extend(second_factor.enrol(session, user, code=form.code, session_secret=secret, now=now))

    return _page(app, request, visitor, act(app, visitor, form, enrol), codes=codes)


@router.post("/off", dependencies=[Depends(limit_codes)])
def turn_off(app: AppDep, request: Request, visitor: Visiting, form: Annotated[CodeForm, Form()]) -> Response:
    """Turn it off, with a code; all sessions end."""

    def off(session: Session, now: datetime) -> None:
        second_factor.turn_off(session, _own(session, visitor), code=form.code, now=now)

    refusal = act(app, visitor, form, off)
    return _page(app, request, visitor, refusal) if refusal else RedirectResponse(LOGIN, 303)


def _own(session: Session, visitor: Visitor) -> StaffUser:
    return people.person_of(session, user_id=visitor.user_id)


def _page(
    app: App,
    request: Request,
    visitor: Visitor,
    refusal: Refusal | None = None,
    *,
    codes: list[str] | None = None,
) -> HTMLResponse:
    with app.reading() as session:
        user = session.get_one(StaffUser, visitor.user_id)
        left = second_factor.codes_left(session, visitor.user_id)
    found: dict[str, object] = {"visitor": visitor, "refusal": refusal, "user": user, "left": left}
    found["codes"] = codes or []
    return PAGES.TemplateResponse(request, "second_factor.html", found, refusal.status if refusal else 200)
