"""Logging in and out."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail.services.access import staff
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText, Password
from paymail.web.http.rate_limits import limit_logins
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import COOKIE, Visiting

router = APIRouter()


@router.get("/login")
def form(request: Request) -> HTMLResponse:
    """Show the login form."""
    return PAGES.TemplateResponse(request, "login.html", {"wrong": False})


@router.post("/login", dependencies=[Depends(limit_logins)])
def log_in(app: AppDep, request: Request, email: FormText, password: Password) -> Response:
    """Log in, and lead to the invoices; or the form again."""
    lifetime = timedelta(hours=app.settings.session_hours)
    try:
        with app.transaction() as session:
            login = staff.log_in(session, email=email, password=password, now=app.now(), lifetime=lifetime)
    except staff.LoginRefused:
        return PAGES.TemplateResponse(request, "login.html", {"wrong": True}, 403)
    answer = RedirectResponse("/staff/", 303)
    answer.set_cookie(
        COOKIE,
        login.secret,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=app.settings.public_url.startswith("https://"),
        path="/staff",
    )
    return answer


@router.post("/logout")
def log_out(
    app: AppDep,
    visitor: Visiting,
    csrf: FormText,
    paymail_session: Annotated[str, Cookie()] = "",
) -> Response:
    """Log out."""
    staff.check_csrf(visitor, csrf)
    with app.transaction() as session:
        staff.log_out(session, secret=paymail_session)
    return RedirectResponse("/staff/login", 303)
