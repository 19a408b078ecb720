"""An invoice in a list, as JSON; commands show the same, so nothing of the web is needed for it."""

from datetime import date

from pydantic import BaseModel

from paymail.models import Invoice, InvoiceStatus, PaymentStatus
from paymail.web.schemas.units import major


class InvoiceRow(BaseModel):
    """An invoice in a list. Money in major units."""

    invoice_id: int
    number: str
    issuer_name: str
    customer_name: str
    customer_email: str
    currency: str
    total: float
    balance: float
    issued_date: date
    due_date: date
    status: InvoiceStatus
    payment_status: PaymentStatus

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceRow":
        """Return the row of an invoice with issuer and customer."""
        return cls(
            invoice_id=invoice.invoice_id,
            number=invoice.number,
            issuer_name=invoice.issuer.name,
            customer_name=invoice.customer.name,
            customer_email=invoice.customer.email,
            currency=invoice.currency,
            total=major(invoice.total, invoice.currency),
            balance=major(invoice.balance, invoice.currency),
            issued_date=invoice.issued_date,
            due_date=invoice.due_date,
            status=invoice.status,
            payment_status=invoice.payment_status,
        )
