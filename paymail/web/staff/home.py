"""Home: what needs a person first, what is owed and how old, what goes out today, whether all works."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import Text
from paymail.web.staff.home_view import home_of
from paymail.web.staff.mail_words import mail_way
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.web.staff.start_view import steps_of

router = APIRouter()


@router.get("/")
def home(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    find: Text = "",
) -> Response:
    """Show the day, of the chosen company or of all. `find` was the search of earlier versions."""
    if find:
        return RedirectResponse(f"/staff/invoices?{urlencode({'q': find})}", 303)
    company = request.state.shell.company
    with app.reading() as session:
        shown = home_of(session, now=app.now(), company=company, way=mail_way(app.settings))
        steps = steps_of(session, app.settings, shown.issuers)
    context = {"visitor": visitor, "shown": shown, "now": app.now()}
    context |= {"steps": steps, "left": [one.name for one in steps if not one.done]}
    return PAGES.TemplateResponse(request, "home.html", context)
