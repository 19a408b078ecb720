"""The staff API `/api/v1`: bearer keys, JSON, one service call a route; one file a noun."""

from fastapi import APIRouter

from paymail.web.api import (
    adjustments,
    bounces,
    bulk,
    contacts,
    copies,
    customers,
    events,
    import_files,
    imports,
    invoices,
    issuers,
    links,
    messages,
    objections,
    payments,
    plans,
    reconciliation,
    reminders,
    suppressions,
)

__all__ = ["router"]

router = APIRouter()
for noun in (
    invoices,
    import_files,
    imports,
    issuers,
    customers,
    links,
    payments,
    adjustments,
    plans,
    reminders,
    objections,
    messages,
    bulk,
    contacts,
    copies,
    suppressions,
    bounces,
    events,
    reconciliation,
):
    router.include_router(noun.router)
