"""The staff pages: invoices, messages, forecast, bulk sends, customers and more; behind a session."""

from fastapi import APIRouter, Depends

from paymail.web.staff import (
    account,
    acts,
    adjustments,
    bulk,
    companies,
    company_acts,
    company_previews,
    contacts,
    copies,
    customer_list,
    customer_reminders,
    customers,
    documents,
    drafts,
    erasures,
    events,
    exports,
    forecast,
    home,
    invoice_list,
    invoices,
    issuer_settings,
    keys,
    links,
    login,
    mailbox,
    mergers,
    messages,
    objections,
    password_links,
    payments,
    people,
    plans,
    previews,
    reconciliation,
    reminders,
    start,
    statements,
    suppressions,
    unknown_messages,
)
from paymail.web.staff.session import require_staff

__all__ = ["router"]

_inside = APIRouter(dependencies=[Depends(require_staff)])
for noun in (
    home,
    start,
    invoice_list,
    acts,
    drafts,
    invoices,
    links,
    payments,
    adjustments,
    documents,
    plans,
    reminders,
    objections,
    copies,
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
    exports,
    suppressions,
    customer_list,
    customers,
    customer_reminders,
    statements,
    contacts,
    mergers,
    erasures,
    mailbox,
    keys,
    people,
    account,
):
    _inside.include_router(noun.router)

router = APIRouter(prefix="/staff", include_in_schema=False)
router.include_router(login.router)
router.include_router(password_links.router)
router.include_router(_inside)
