"""Which invoices a reminder to many passes over: who asks for hundreds knows of no promise."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.services.core.invoices import PARTIES_AND_PLAN
from paymail.services.reminders.situation import gather, not_owed, switched_off


def held_back(session: Session, *, invoice_ids: Sequence[int], now: datetime) -> dict[int, str]:
    """Return, of those of some invoices that are owed, which are not reminded with others, and why.

    They are on hold, not emailed yet, waiting for a payment, or off for the invoice or the customer. That
    they are off for the issuer means its ladder. Ten statements or so, for some hundred invoices.
    """
    statement = select(Invoice).where(Invoice.invoice_id.in_(invoice_ids)).options(*PARTIES_AND_PLAN)
    owed = [invoice for invoice in session.scalars(statement).unique() if not not_owed(invoice)]
    situations = gather(session, invoices=[(invoice, ()) for invoice in owed], now=now)
    found = {}
    for invoice in owed:
        if reasons := [hold.reason for hold in situations[invoice.invoice_id].holds]:
            found[invoice.invoice_id] = f"on hold: {', '.join(reasons)}"
        elif invoice.reminders_off or invoice.customer.reminders_off:
            found[invoice.invoice_id] = switched_off(invoice)
    return found
