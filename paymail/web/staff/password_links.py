"""Setting a password by the link that an admin made. Whoever has the link needs no session."""

from functools import partial

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail.errors import InvalidInput
from paymail.services.access.password_links import person_of_link, set_by_link
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import Password
from paymail.web.http.rate_limits import limit_logins, rate_limits
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import LOGIN

router = APIRouter(prefix="/password")


@router.get("/{staff_token}", dependencies=[Depends(limit_logins)])
def form(app: AppDep, request: Request, staff_token: str) -> HTMLResponse:
    """Show the form; looking at it uses nothing up."""
    with app.reading() as session:
        email = person_of_link(session, staff_token, app.now()).email
    return PAGES.TemplateResponse(request, "set_password.html", {"email": email, "reason": ""})


@router.post("/{staff_token}", dependencies=[Depends(limit_logins)])
async def set_password(app: AppDep, request: Request, staff_token: str, password: Password) -> Response:
    """Set the password, use the link up, and lead to the sign-in form."""
    change = partial(set_by_link, app.login_context(), secret=staff_token, password=password)
    try:
        await rate_limits(request).hashing.run(change)
    except InvalidInput as error:
        found = {"email": "", "reason": str(error)}
        return PAGES.TemplateResponse(request, "set_password.html", found, status_of(error))
    return RedirectResponse(LOGIN, 303)
