"""The staff pages: invoices, messages, customers and more, all behind a session but the login."""

from fastapi import APIRouter, Depends

from paymail.money import Money
from paymail.web.staff import customers, invoices, login, mailbox, messages, suppressions, unknown
from paymail.web.staff.session import NotLoggedIn, require_staff
from paymail.web.templating import templates
from paymail.wiring import App

__all__ = ["NotLoggedIn", "router"]


def router(app: App) -> APIRouter:
    """Return all staff routes."""
    person = require_staff(app)
    pages = templates()
    pages.env.globals["as_money"] = Money
    routes = APIRouter(prefix="/staff", include_in_schema=False)
    routes.include_router(login.router(app, pages, person))
    inside = APIRouter(dependencies=[Depends(person)])
    for room in (invoices, messages, mailbox, unknown, suppressions, customers):
        inside.include_router(room.router(app, pages, person))
    routes.include_router(inside)
    return routes
