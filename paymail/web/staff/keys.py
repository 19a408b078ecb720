"""The list of keys, and switching them off: WCAG 2.2, 2.1.4 "Character Key Shortcuts"."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail.services.access import staff
from paymail.web.http.dependencies import AppDep
from paymail.web.staff.form_actions import StaffForm
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/keys")

COOKIE = "paymail_keys"
"""`off` where this browser's keys are switched off; without it they work."""
_YEAR = 365 * 24 * 3600
ANYWHERE = (
    ("/", "Search"),
    ("g h", "Home"),
    ("g i", "Invoices"),
    ("g c", "Customers"),
    ("g e", "Emails"),
    ("g m", "Money"),
    ("g s", "Settings"),
    ("Esc", "Close a menu, leave a field"),
    ("?", "This page"),
)
IN_A_LIST = (
    ("j", "Next row"),
    ("k", "Previous row"),
    ("x", "Select or clear the row"),
    ("Enter", "Open the row"),
)


class KeysForm(StaffForm):
    """Whether the keys shall work: any text is yes, none is no."""

    on: Annotated[str, Form(max_length=8)] = ""


@router.get("")
def keys(request: Request, visitor: Visiting) -> HTMLResponse:
    """List the keys."""
    context = {
        "visitor": visitor,
        "cards": (("Anywhere", ANYWHERE), ("In a list", IN_A_LIST)),
        "off": request.cookies.get(COOKIE) == "off",
    }
    return PAGES.TemplateResponse(request, "keys.html", context)


@router.post("")
def switch(app: AppDep, visitor: Visiting, form: Annotated[KeysForm, Form()]) -> Response:
    """Switch this browser's keys on or off."""
    staff.check_csrf(visitor, form.csrf)
    answer = RedirectResponse("/staff/keys", 303)
    if form.on:
        answer.delete_cookie(COOKIE, path="/staff")
        return answer
    secure = app.settings.public_url.startswith("https://")
    answer.set_cookie(
        COOKIE, "off", max_age=_YEAR, path="/staff", httponly=True, samesite="strict", secure=secure
    )
    return answer
