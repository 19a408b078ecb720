"""The host's word about money while paymail does not know its own: after a restore it stays out.

What customers paid since the backup is found at Stripe first. Entered as the host's before, it would count
twice.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import PaymentStatus
from paymail.services.core import restores
from paymail.services.imports.faults import Fault
from paymail.services.imports.invoice_check import HostInvoice


def without_money(session: Session, hosts: Sequence[HostInvoice]) -> tuple[list[HostInvoice], list[Fault]]:
    """Return the invoices without what was paid, while payments are on hold; and a note for each of those.

    They have no digest then, so that the same file is compared anew once payments are open.
    """
    paid = [host for host in hosts if host.paid]
    if not paid or session.scalar(select(restores.payments_open())):
        return list(hosts), []
    changed = {"paid": 0, "payment_status": PaymentStatus.UNPAID, "digest": ""}
    reason = "what was paid stays out while payments are on hold after a restore; import again afterwards"
    notes = [Fault(host.at, "amount_paid", reason) for host in paid]
    return [replace(host, **changed) if host.paid else host for host in hosts], notes  # type: ignore[arg-type]
