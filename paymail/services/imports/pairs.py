"""An invoice of the host beside what it is here."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from paymail.models import Customer, Invoice, InvoiceStatus
from paymail.services.imports.comparison import Difference
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.payments.adjustments import told_of_void


@dataclass(slots=True)
class Pair:
    """An invoice of the file, and whom and what it means here; None: new."""

    given: HostInvoice
    """What the source says."""
    host: HostInvoice
    """What that means for the customers that are here now."""
    invoice: Invoice | None
    customer: Customer | None
    difference: Difference

    @property
    def voids(self) -> bool:
        """Whether the host gives up an invoice that is not void here."""
        return self.host.status is InvoiceStatus.VOID and "status" in self.difference.changes


def told_customers(session: Session, pairs: Iterable[Pair]) -> set[int]:
    """Return the customers who are told that their invoice is cancelled, when these pairs are taken over."""
    voided = {
        pair.invoice.invoice_id: pair.invoice.customer_id
        for pair in pairs
        if pair.invoice is not None and pair.voids
    }
    return {voided[one] for one in told_of_void(session, voided.keys())}
