"""The customer's word: "I have already paid" and "I will pay on …", on the page and in the API.

There is no session and so no CSRF token: the pay link is the key, and who has it can say it anyway.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from paymail.errors import Conflict, Gone, InvalidInput, NotFound
from paymail.services.customers import promises
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText, Token
from paymail.web.http.openapi import PAY_PROBLEMS
from paymail.web.http.rate_limits import limit_emails, limit_public
from paymail.web.pay.ended_links import no_link
from paymail.web.schemas.pay import AlreadyPaid, Heard, Promise
from paymail.wiring import App

router = APIRouter(dependencies=[Depends(limit_public), Depends(limit_emails)])


def _claim_paid(app: App, token: str, text: str) -> Heard:
    with app.transaction() as session:
        until = promises.report_paid(session, token=token, text=text, now=app.now())
    return Heard(reminders_wait_until=until)


def _promise(app: App, token: str, day: date) -> Heard:
    with app.transaction() as session:
        until = promises.promise(session, token=token, day=day, now=app.now())
    return Heard(reminders_wait_until=until)


@router.post("/api/public/pay/{token}/already-paid", tags=["public"], responses=PAY_PROBLEMS)
def already_paid(app: AppDep, token: Token, body: AlreadyPaid = AlreadyPaid()) -> Heard:
    """Say that the invoice has been paid: reminders wait for a week, and staff are told."""
    return _claim_paid(app, token, body.text)


@router.post("/api/public/pay/{token}/promise", tags=["public"], responses=PAY_PROBLEMS)
def promised(app: AppDep, token: Token, body: Promise) -> Heard:
    """Say on which day it will be paid: reminders wait through it, and staff are told."""
    return _promise(app, token, body.date)


@router.post("/pay/{token}/paid", include_in_schema=False)
def paid_form(app: AppDep, request: Request, token: str, text: FormText = "") -> Response:
    """Take the form that says that it has been paid."""
    try:
        _claim_paid(app, token, text)
    except (NotFound, Gone) as error:
        return no_link(request, token, error)
    except (Conflict, InvalidInput) as error:
        return _back(token, error.code)
    return _back(token, "paid")


@router.post("/pay/{token}/promise", include_in_schema=False)
def promise_form(
    app: AppDep, request: Request, token: str, day: Annotated[FormText, Form(alias="date")] = ""
) -> Response:
    """Take the form that says when it will be paid."""
    try:
        _promise(app, token, _day(day))
    except (NotFound, Gone) as error:
        return no_link(request, token, error)
    except (Conflict, InvalidInput) as error:
        return _back(token, error.code)
    return _back(token, "promise")


def _day(text: str) -> date:
    """Read the date field; what is no date is a day that cannot be promised, once the link was looked at."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _back(token: str, said: str) -> Response:
    """Lead back to the page, which says what became of it: reloading it says nothing again."""
    return RedirectResponse(f"/pay/{token}?said={said}#talk", 303)
