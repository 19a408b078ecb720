"""The own account: password, and where one is signed in."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail.errors import InvalidInput
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.access.staff_passwords import change_own
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import FormText, Password
from paymail.web.http.rate_limits import limit_logins, rate_limits
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/account")
Secret = Annotated[str, Cookie(alias="paymail_session")]


@router.get("")
def account(app: AppDep, request: Request, visitor: Visiting, secret: Secret = "") -> HTMLResponse:
    """Show the own account."""
    return _page(app, request, visitor, secret, changed=request.url.query == "changed")


@router.post("/password", dependencies=[Depends(limit_logins)])
async def change_password(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    csrf: FormText,
    present: Password,
    password: Password,
    secret: Secret = "",
) -> Response:
    """Change the own password; all other sessions end."""
    staff.check_csrf(visitor, csrf)
    change = partial(
        change_own,
        app.login_context(),
        user_id=visitor.user_id,
        present=present,
        password=password,
        session_secret=secret,
    )
    try:
        await rate_limits(request).hashing.run(change)
    except InvalidInput as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return await rate_limits(request).counting.run(
            partial(_page, app, request, visitor, secret, refusal=refusal)
        )
    return RedirectResponse("/staff/account?changed", 303)


@router.post("/sign-out")
def sign_out_everywhere(app: AppDep, visitor: Visiting, csrf: FormText) -> Response:
    """End all own sessions, this one too."""
    staff.check_csrf(visitor, csrf)
    with app.transaction() as session:
        staff.log_out_everywhere(session, user_id=visitor.user_id)
    return RedirectResponse("/staff/login", 303)


def _page(
    app: App,
    request: Request,
    visitor: Visitor,
    secret: str,
    *,
    refusal: Refusal | None = None,
    changed: bool = False,
) -> HTMLResponse:
    with app.reading() as session:
        sessions = staff.sessions_of(session, user_id=visitor.user_id, now=app.now())
    found: dict[str, object] = {"visitor": visitor, "refusal": refusal, "changed": changed}
    found |= {"sessions": sessions, "this": staff.digest(secret)}
    return PAGES.TemplateResponse(request, "account.html", found, refusal.status if refusal else 200)
