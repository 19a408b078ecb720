"""The customer's word: "I have already paid" and "I will pay on …", on the page and in the API.

There is no session and so no CSRF token: the pay link is the key, and who has it can say it anyway.
"""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, ConfigDict, Field

from paymail.errors import Conflict, Gone, InvalidInput, NotFound
from paymail.services.customers import promises
from paymail.web.http.openapi import problems
from paymail.web.http.public_limits import PublicLimits
from paymail.web.pay.api import Token
from paymail.web.templating import asked_language, templates
from paymail.wiring import App

PROBLEMS = problems(404, 409, 410, 422, 429, 503)


class AlreadyPaid(BaseModel):
    """When and how, in the customer's words."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=promises.LONGEST_TEXT, examples=["By bank transfer on Monday"])


class Promise(BaseModel):
    """The day, on the issuer's calendar: from today up to 60 days ahead."""

    model_config = ConfigDict(extra="forbid")

    date: date


class Heard(BaseModel):
    """Staff are told, and reminders wait."""

    success: bool = True
    reminders_wait_until: datetime


def no_link(pages: Jinja2Templates, request: Request, token: str, error: NotFound | Gone) -> Response:
    """Answer with the page of a link that leads nowhere. The token goes into the page of an ended one only:
    all others look the same."""
    ended = token if isinstance(error, Gone) else ""
    context = {"gone": ended, "locale": asked_language(request)}
    return pages.TemplateResponse(request, "no_link.html", context, 410 if ended else 404)


def router(app: App, limits: PublicLimits) -> APIRouter:
    """Return the routes, those of the page and those of the API."""
    pages = templates()
    routes = APIRouter(dependencies=[Depends(limits.every), Depends(limits.asking)])

    def claim_paid(token: str, text: str) -> Heard:
        with app.transaction() as session:
            until = promises.report_paid(session, token=token, text=text, now=app.now())
        return Heard(reminders_wait_until=until)

    def promise(token: str, day: date) -> Heard:
        with app.transaction() as session:
            until = promises.promise(session, token=token, day=day, now=app.now())
        return Heard(reminders_wait_until=until)

    @routes.post("/api/public/pay/{token}/already-paid", tags=["public"], responses=PROBLEMS)
    def already_paid(token: Token, body: AlreadyPaid = AlreadyPaid()) -> Heard:
        """Say that the invoice has been paid: reminders wait for a week, and staff are told."""
        return claim_paid(token, body.text)

    @routes.post("/api/public/pay/{token}/promise", tags=["public"], responses=PROBLEMS)
    def promised(token: Token, body: Promise) -> Heard:
        """Say on which day it will be paid: reminders wait through it, and staff are told."""
        return promise(token, body.date)

    @routes.post("/pay/{token}/paid", include_in_schema=False)
    def paid_form(request: Request, token: str, text: Annotated[str, Form()] = "") -> Response:
        try:
            claim_paid(token, text)
        except (NotFound, Gone) as error:
            return no_link(pages, request, token, error)
        except (Conflict, InvalidInput) as error:
            return _back(token, error.code)
        return _back(token, "paid")

    @routes.post("/pay/{token}/promise", include_in_schema=False)
    def promise_form(request: Request, token: str, day: Annotated[str, Form(alias="date")] = "") -> Response:
        try:
            promise(token, _day(day))
        except (NotFound, Gone) as error:
            return no_link(pages, request, token, error)
        except (Conflict, InvalidInput) as error:
            return _back(token, error.code)
        return _back(token, "promise")

    return routes


def _day(text: str) -> date:
    """Read the date field; what is no date is a day that cannot be promised, once the link was looked at."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _back(token: str, said: str) -> Response:
    """Lead back to the page, which says what became of it: reloading it says nothing again."""
    return RedirectResponse(f"/pay/{token}?said={said}#talk", 303)
