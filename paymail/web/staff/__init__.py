"""The staff pages: invoices, messages, forecast, bulk sends, customers and more; behind a session."""

from fastapi import APIRouter, Depends

from paymail.money import Money
from paymail.web.staff import (
    bulk,
    customers,
    events,
    forecast,
    invoices,
    issuer_settings,
    links,
    login,
    mailbox,
    messages,
    money,
    money_view,
    plans,
    previews,
    reconciliation,
    reminders,
    suppressions,
    unknown_messages,
)
from paymail.web.staff.local_time import in_zone, local, local_clock
from paymail.web.staff.session import NotLoggedIn, require_staff
from paymail.web.templating import templates
from paymail.wiring import App

__all__ = ["NotLoggedIn", "router"]


def router(app: App) -> APIRouter:
    """Return all staff routes."""
    person = require_staff(app)
    pages = templates()
    pages.env.globals.update(as_money=Money, local=local, local_clock=local_clock)
    pages.env.globals.update(money_view.NUMBERS)
    pages.env.filters["in_zone"] = in_zone
    routes = APIRouter(prefix="/staff", include_in_schema=False)
    routes.include_router(login.router(app, pages, person))
    inside = APIRouter(dependencies=[Depends(person)])
    rooms = (
        invoices,
        links,
        money,
        plans,
        reminders,
        messages,
        previews,
        forecast,
        bulk,
        issuer_settings,
        unknown_messages,
        events,
        reconciliation,
        suppressions,
        customers,
        mailbox,
    )
    for room in rooms:
        inside.include_router(room.router(app, pages, person))
    routes.include_router(inside)
    return routes
