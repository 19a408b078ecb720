"""What a host leaves out of an invoice and paymail fills in: found anew when the invoice is written.

Between the check and the writing others may change what was filled in, and that is never the host's word.
"""

from dataclasses import replace

from paymail.models import Invoice, InvoiceStatus
from paymail.services.imports.comparison import Difference
from paymail.services.imports.faults import shown
from paymail.services.imports.host_customers import KnownCustomers
from paymail.services.imports.invoice_check import HostInvoice, with_digest

NUMBER, STATUS, NAME = "invoice_id", "status", "customer_name"
NEW_STATUS = InvoiceStatus.DRAFT
"""Of an invoice whose status nobody gave: what was not meant can still be put right."""


def present_status(invoice: Invoice | None) -> InvoiceStatus:
    """Return the status that changes nothing; of a void one the report then says that it stays void."""
    if invoice is None or invoice.status is InvoiceStatus.DRAFT:
        return NEW_STATUS
    return InvoiceStatus.SENT


def filled_in(host: HostInvoice, invoice: Invoice | None, customers: KnownCustomers) -> HostInvoice:
    """Return what the host says, completed by the invoice and the customer that it means, as they are now.

    A customer who is no longer known by the host's id has no name then, which `unfounded` refuses.
    """
    if not host.unsaid:
        return host
    found = host
    if NUMBER in host.unsaid and invoice is not None:
        found = replace(found, number=invoice.number)
    if STATUS in host.unsaid:
        found = replace(found, status=present_status(invoice))
    if NAME in host.unsaid:
        customer = customers.find(host, invoice.customer if invoice else None)
        if customer is not None and customer.external_ref == host.customer_ref:
            found = replace(found, customer_name=customer.name, customer_email=customer.email)
        else:
            found = replace(found, customer_name="", customer_email="")
    return with_digest(found)


def unfounded(host: HostInvoice) -> Difference:
    """Return a difference with why an invoice cannot be what paymail filled in, or without anything."""
    found = Difference()
    if NAME in host.unsaid and not host.customer_name:
        who = shown(host.customer_ref or "")
        found.refuse(host, NAME, f"the customer {who} is no longer known: give name and email")
    if STATUS in host.unsaid and host.paid and host.status is InvoiceStatus.DRAFT:
        found.refuse(host, "amount_paid", "a draft cannot have been paid")
    return found
