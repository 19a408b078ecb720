"""What of an invoice's state drops a message that is about to go out: the rules that kinds share."""

from paymail.models import Invoice, InvoiceStatus


def always(_invoice: Invoice) -> str:
    """Let it go out: what it tells is true whatever became of the invoice."""
    return ""


def while_owed(invoice: Invoice) -> str:
    """Drop what asks for money that is not owed any more; a total of zero never was, and may be told."""
    if invoice.status is InvoiceStatus.VOID:
        return "the invoice is void"
    if invoice.balance or not invoice.total:
        return ""
    return "already paid" if invoice.received else "nothing is left to pay"


def while_planned(invoice: Invoice) -> str:
    """Drop what tells of a payment plan once there is none, or nothing is left to pay by it."""
    return while_owed(invoice) or ("" if invoice.plan else "the payment plan has ended")


def while_void(invoice: Invoice) -> str:
    """Drop what says that an invoice is void unless it is."""
    return "" if invoice.status is InvoiceStatus.VOID else "the invoice is not void"
