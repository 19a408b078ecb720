"""Who is asking: the session cookie of the staff pages."""

from typing import Annotated

from fastapi import Cookie, Depends, Request
from fastapi.responses import RedirectResponse, Response

from paymail.errors import Denied
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.core import restores
from paymail.web.http.act_names import act_of, object_of
from paymail.web.http.dependencies import AppDep
from paymail.web.staff.admission import admit
from paymail.web.staff.needs import route_of
from paymail.web.staff.shell import seen_on, shell

COOKIE = "paymail_session"
LOGIN = "/staff/login"
OPEN = (LOGIN, "/staff/password/")
"""What is reached without a session."""


class NotLoggedIn(Denied):
    """There is no session; pages answer by the login form."""

    code = "login_required"


def require_staff(app: AppDep, request: Request, paymail_session: Annotated[str, Cookie()] = "") -> Visitor:
    """Return who is logged in, if their role allows the route. From here on the request sees what they may
    see, and every page shows what is on hold and what waits. Raises NotLoggedIn, NotAllowed.
    """
    with app.reading() as session:
        found = staff.visitor(session, secret=paymail_session, now=app.now())
        if found is None:
            raise NotLoggedIn("please sign in")
        request.state.on_hold = restores.on_hold(session)
        request.state.admission = admission = admit(session, request, found)
        app.asking.scope = admission.scope
        app.asking.begin(session)
        request.state.shell = around = shell(session, request, now=app.now(), scope=admission.scope)
    app.asking.scope = seen_on(request, around, admission.scope, found.email)
    if request.method == "POST":
        route = route_of(request)
        app.asking.who, app.asking.actors = found.email, frozenset({found.email})
        app.asking.act, app.asking.object = act_of(request, route), object_of(request, route)
    return found


Visiting = Annotated[Visitor, Depends(require_staff)]


def without_session(request: Request) -> Response | None:
    """Refuse, by its head alone, a request to a staff page that shows no session; None lets it pass."""
    path: str = request.scope["path"]
    if not path.startswith("/staff/") or path.startswith(OPEN) or request.cookies.get(COOKIE):
        return None
    return to_login(request)


def to_enrolment(_request: Request, _error: Exception) -> Response:
    """Answer EnrolFirst: lead to where the second factor is set up."""
    return RedirectResponse("/staff/account/second-factor", 303)


def to_login(_request: Request, _error: Exception | None = None) -> Response:
    """Answer NotLoggedIn: lead to the login form."""
    return RedirectResponse(LOGIN, 303)
