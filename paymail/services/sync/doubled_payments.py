"""Views that count money twice: once as the host's own record, once more as what paymail told it."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice, SyncedInvoice
from paymail.money import to_decimal
from paymail.ports.host_database import ShownInvoice
from paymail.services.sync.numerals import decimal_of
from paymail.services.sync.our_invoices import our_ids
from paymail.services.sync.outcome import RefusedInvoice

REASON = "amount_paid: your view counts the payment that came through paymail twice"


def find(session: Session, issuer_id: int, shown: Sequence[ShownInvoice]) -> list[RefusedInvoice]:
    """Return the invoices whose money in the view cannot be told from what paymail told, counted again.

    A payment of the host's own looks the same if it is exactly as large, or goes beyond the total: it stays
    out until somebody has looked, because money that is not there is worse than money that comes late.
    """
    ids = our_ids(session, issuer_id, shown)
    statement = (
        select(Invoice.invoice_id, Invoice.currency, Invoice.amount_paid, SyncedInvoice.told_paid_here)
        .join(SyncedInvoice, SyncedInvoice.invoice_id == Invoice.invoice_id)
        .where(Invoice.invoice_id.in_(ids.values()), SyncedInvoice.told_paid_here > 0)
    )
    told = {
        row.invoice_id: (
            to_decimal(row.amount_paid, row.currency),
            to_decimal(row.told_paid_here, row.currency),
        )
        for row in (session.execute(statement) if ids else ())
    }
    return [
        RefusedInvoice(one.number, (REASON,))
        for one in shown
        if (known := told.get(ids.get(one.number, 0))) and _is_doubled(one, *known)
    ]


def _is_doubled(shown: ShownInvoice, arrived: Decimal, told: Decimal) -> bool:
    total, paid = decimal_of(shown.rows[0]["total"]), decimal_of(shown.rows[0]["amount_paid"])
    if total is None or paid is None:
        return False  # the import says what is wrong with them
    unknown = paid - arrived
    return unknown == told or (paid > total and 0 < unknown <= told)
