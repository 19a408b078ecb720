"""Whether a paper is genuine, for who has only the paper: no link is needed, and none is told.

There is no session and so no CSRF token: nothing is changed by asking.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse

from paymail.services.payments.verification import plain_code, verify
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText
from paymail.web.http.rate_limits import limit_public, rate_limits
from paymail.web.templating import PAGES, asked_language

router = APIRouter(include_in_schema=False, dependencies=[Depends(limit_public)])
LONGEST = 60
"""Characters of what is typed that are looked at."""


@router.get("/verify", response_class=HTMLResponse)
def ask(request: Request, code: str = "") -> HTMLResponse:
    """Ask for the code and the amount; a QR code on the paper brings the code along."""
    return _page(request, {"code": code[:LONGEST]})


@router.post("/verify", response_class=HTMLResponse)
def answer(
    app: AppDep,
    request: Request,
    code: Annotated[FormText, Form()] = "",
    amount: Annotated[FormText, Form()] = "",
) -> HTMLResponse:
    """Say whose invoice it is. A wrong code and a wrong amount look the same."""
    rate_limits(request).public.verifying(request, plain_code(code))
    with app.reading() as session:
        found = verify(session, code=code[:LONGEST], amount=amount[:LONGEST])
    given = {"code": code[:LONGEST], "amount": amount[:LONGEST]}
    return _page(request, {**given, "found": found, "answered": True})


def _page(request: Request, context: dict[str, object]) -> HTMLResponse:
    return PAGES.TemplateResponse(request, "verify.html", {"locale": asked_language(request), **context})
