"""Choosing the company that the staff pages are about: a cookie of this browser, shown at the top of each."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from paymail.services.access import staff
from paymail.web.http.dependencies import AppDep
from paymail.web.staff.form_actions import IssuerId, StaffForm, Text
from paymail.web.staff.session import Visiting
from paymail.web.staff.shell import BACK, COOKIE

router = APIRouter()
_YEAR = 365 * 24 * 3600


class CompanyForm(StaffForm):
    """Look at one company, or at all (empty); `back` is the address of the page to show then."""

    company: IssuerId = ""
    back: Annotated[Text, Field(max_length=1000)] = ""


@router.post("/company")
def choose(app: AppDep, visitor: Visiting, form: Annotated[CompanyForm, Form()]) -> Response:
    """Choose a company. One that is not there, or not seen by this person, counts as all."""
    staff.check_csrf(visitor, form.csrf)
    known = BACK.fullmatch(form.back.partition("?")[0])
    answer = RedirectResponse(form.back if known else "/staff/", 303)
    if not form.company:
        answer.delete_cookie(COOKIE, path="/staff")
        return answer
    secure = app.settings.public_url.startswith("https://")
    answer.set_cookie(
        COOKIE, form.company, max_age=_YEAR, path="/staff", httponly=True, samesite="strict", secure=secure
    )
    return answer
