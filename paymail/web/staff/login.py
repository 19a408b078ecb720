"""Logging in and out.

The route that checks passwords is async and has threads of its own: however many logins there are at once,
the threads that serve customers stay free.
"""

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail import observability
from paymail.services.access import staff
from paymail.services.access.logins import Login, LoginRefused, account_of, log_in
from paymail.web.http.bounded_threads import Busy
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText, Password
from paymail.web.http.limiter import address_of
from paymail.web.http.login_limits import LoginAttempt, LoginLimits
from paymail.web.http.rate_limits import limit_logins, rate_limits
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import COOKIE, Visiting
from paymail.wiring import App

log = observability.logger(__name__)
router = APIRouter()


@router.get("/login")
def form(request: Request) -> HTMLResponse:
    """Show the login form."""
    return PAGES.TemplateResponse(request, "login.html", {"wrong": False})


@router.post("/login", dependencies=[Depends(limit_logins)])
async def check(app: AppDep, request: Request, email: FormText, password: Password) -> Response:
    """Log in, and lead to the invoices; or the form again."""
    limits = rate_limits(request)
    attempt = LoginAttempt.of(account_of(email), address_of(request))
    await limits.counting.run(partial(limits.logins.count_all, attempt))
    try:
        login = await limits.hashing.run(partial(_checked, app, limits.logins, attempt, email, password))
    except LoginRefused:
        log.warning("login refused", account=attempt.account[:12], address=attempt.address)
        return PAGES.TemplateResponse(request, "login.html", {"wrong": True}, 403)
    except Busy:
        limits.logins.report("busy", attempt)
        raise
    return welcome(app, login)


def _checked(app: App, limits: LoginLimits, attempt: LoginAttempt, email: str, password: str) -> Login:
    limits.count_failure(attempt)
    lifetime = timedelta(hours=app.settings.session_hours)
    login = log_in(
        app.login_context(), email=email, password=password, lifetime=lifetime, address=attempt.address
    )
    limits.remember(attempt)
    return login


def welcome(app: App, login: Login) -> Response:
    """Give the session to the browser, and lead inside, or to the second factor."""
    answer = RedirectResponse("/staff/login/code" if login.code_due else "/staff/", 303)
    answer.set_cookie(
        COOKIE,
        login.secret,
        max_age=app.settings.session_hours * 3600,
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
