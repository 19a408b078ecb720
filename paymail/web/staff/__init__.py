"""The staff pages: invoices, messages, forecast, bulk sends, customers and more; behind a session."""

from fastapi import APIRouter, Depends

from paymail.web.staff import (
    acts,
    adjustments,
    bulk,
    companies,
    company_acts,
    company_previews,
    contacts,
    customers,
    documents,
    events,
    forecast,
    home,
    invoice_list,
    invoices,
    issuer_settings,
    links,
    login,
    mailbox,
    mergers,
    messages,
    objections,
    payments,
    plans,
    previews,
    reconciliation,
    reminders,
    suppressions,
    unknown_messages,
)
from paymail.web.staff.session import require_staff

__all__ = ["router"]

_inside = APIRouter(dependencies=[Depends(require_staff)])
for noun in (
    home,
    invoice_list,
    acts,
    invoices,
    links,
    payments,
    adjustments,
    documents,
    plans,
    reminders,
    objections,
    messages,
    previews,
    forecast,
    bulk,
    companies,
    company_acts,
    company_previews,
    issuer_settings,
    unknown_messages,
    events,
    reconciliation,
    suppressions,
    customers,
    contacts,
    mergers,
    mailbox,
):
    _inside.include_router(noun.router)

router = APIRouter(prefix="/staff", include_in_schema=False)
router.include_router(login.router)
router.include_router(_inside)
