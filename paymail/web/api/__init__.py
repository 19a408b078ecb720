"""The staff API `/api/v1`: bearer keys, JSON, one service call a route; one file a noun."""

from fastapi import APIRouter

from paymail.web.api import (
    bounces,
    bulk,
    events,
    invoices,
    links,
    messages,
    payments,
    plans,
    reconciliation,
    reminders,
    suppressions,
)
from paymail.web.api.access import Access
from paymail.wiring import App


def router(app: App) -> APIRouter:
    """Return all routes of the staff API."""
    access = Access(app)
    routes = APIRouter()
    rooms = (
        invoices,
        links,
        payments,
        plans,
        reminders,
        messages,
        bulk,
        suppressions,
        bounces,
        events,
        reconciliation,
    )
    for room in rooms:
        routes.include_router(room.router(app, access))
    return routes
