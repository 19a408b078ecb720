"""Logging in and out."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from starlette.responses import HTMLResponse

from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.web.http.limiter import Limiter, limited
from paymail.web.staff.session import COOKIE, Person
from paymail.wiring import App


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the login form and what it posts to."""
    routes = APIRouter()
    limiter = Limiter(app.settings.login_rate_limit)

    @routes.get("/login")
    def form(request: Request) -> HTMLResponse:
        return pages.TemplateResponse(request, "login.html", {"wrong": False})

    @routes.post("/login", dependencies=[Depends(limited(limiter))])
    def log_in(request: Request, email: Annotated[str, Form()], password: Annotated[str, Form()]) -> Response:
        lifetime = timedelta(hours=app.settings.session_hours)
        try:
            with app.transaction() as session:
                login = staff.log_in(
                    session, email=email, password=password, now=app.now(), lifetime=lifetime
                )
        except staff.LoginRefused:
            return pages.TemplateResponse(request, "login.html", {"wrong": True}, 403)
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

    @routes.post("/logout")
    def log_out(
        visitor: Annotated[Visitor, Depends(person)],
        csrf: Annotated[str, Form()],
        paymail_session: Annotated[str, Cookie()] = "",
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        with app.transaction() as session:
            staff.log_out(session, secret=paymail_session)
        return RedirectResponse("/staff/login", 303)

    return routes
