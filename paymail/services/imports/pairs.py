"""An invoice of the host beside what it is here."""

from dataclasses import dataclass

from paymail.models import Customer, Invoice, InvoiceStatus
from paymail.services.imports.comparison import Difference
from paymail.services.imports.invoice_check import HostInvoice


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
