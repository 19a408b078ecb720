"""The customer's word that something is wrong with an invoice, on the page and in the API.

There is no session and so no CSRF token: the pay link is the key, and who has it can say it anyway.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from paymail.errors import Conflict, Gone, InvalidInput, NotFound
from paymail.models import ObjectionReason
from paymail.services.core.email_addresses import BadAddress
from paymail.services.customers.objections import Wrong, object_to
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText, Token
from paymail.web.http.openapi import PAY_PROBLEMS
from paymail.web.http.rate_limits import limit_emails, limit_public
from paymail.web.pay.ended_links import no_link
from paymail.web.schemas.pay import Objected, RaiseObjection
from paymail.wiring import App

router = APIRouter(dependencies=[Depends(limit_public), Depends(limit_emails)])
_MOST_BOXES = 100


@router.post("/api/public/pay/{token}/objection", tags=["public"], responses=PAY_PROBLEMS)
def objected(app: AppDep, token: Token, body: RaiseObjection) -> Objected:
    """Say that something is wrong: reminders wait until staff have answered, and the rest can be paid."""
    _object(app, token, Wrong(body.reason, tuple(body.lines), body.words, body.answer_to))
    return Objected()


@router.post("/pay/{token}/wrong", include_in_schema=False)
def wrong_form(
    app: AppDep,
    request: Request,
    token: str,
    reason: FormText = "",
    line: Annotated[list[FormText], Form(max_length=_MOST_BOXES)] = [],  # noqa: B006  FastAPI copies it
    words: Annotated[str, Form(max_length=4000)] = "",
    email: FormText = "",
) -> Response:
    """Take the form that says what is wrong."""
    known = reason in set(ObjectionReason)
    why = ObjectionReason(reason) if known else ObjectionReason.OTHER
    positions = tuple(int(one) for one in line if one.isascii() and one.isdigit() and len(one) < 10)
    try:
        _object(app, token, Wrong(why, positions, words, email))
    except (NotFound, Gone) as error:
        return no_link(request, token, error)
    except BadAddress:
        return _back(token, "bad_answer_address")
    except (Conflict, InvalidInput) as error:
        return _back(token, error.code)
    return _back(token, "wrong")


def _object(app: App, token: str, wrong: Wrong) -> None:
    with app.transaction() as session:
        object_to(session, token=token, wrong=wrong, now=app.now())


def _back(token: str, said: str) -> Response:
    """Lead back to the page, which says what became of it: reloading it says nothing again."""
    return RedirectResponse(f"/pay/{token}?said={said}#talk", 303)
