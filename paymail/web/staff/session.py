"""Who is asking: the session cookie of the staff pages."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Cookie

from paymail.errors import Denied
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.wiring import App

COOKIE = "paymail_session"
Person = Callable[..., Visitor]


class NotLoggedIn(Denied):
    """There is no session; pages answer by the login form."""

    code = "login_required"


def require_staff(app: App) -> Person:
    """Return the dependency that every staff route has."""

    def person(paymail_session: Annotated[str, Cookie()] = "") -> Visitor:
        with app.reading() as session:
            found = staff.visitor(session, secret=paymail_session, now=app.now())
        if found is None:
            raise NotLoggedIn("please log in")
        return found

    return person
