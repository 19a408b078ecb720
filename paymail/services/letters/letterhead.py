"""From an invoice to the fields that every email to its customer shares."""

from paymail.documents import InvoiceDocument
from paymail.emails import Letterhead
from paymail.services.core.documents import invoice_document
from paymail.services.letters.invoice_facts import full_document
from paymail.services.letters.kind import Source


def bill_of(source: Source) -> InvoiceDocument:
    """Return the invoice as it stands now, which most emails say something of."""
    return invoice_document(source.invoice, source.public_url)


def paper_of(source: Source) -> InvoiceDocument:
    """Return the invoice as it is attached."""
    return full_document(source.session, invoice=source.invoice, public_url=source.public_url)


def letterhead(bill: InvoiceDocument) -> Letterhead:
    """Return who writes to whom about which invoice."""
    return {
        "issuer_name": bill.issuer.name,
        "issuer_email": bill.issuer.email,
        "seller": bill.issuer,
        "customer_name": bill.customer.name,
        "invoice_number": bill.number,
        "payment_url": bill.payment_url,
        "verify_code": bill.verify_code,
        "verify_url": bill.verify_url,
        "not_online": bill.not_online,
        "reference": bill.reference,
        "locale": bill.locale,
    }


def without_link(head: Letterhead) -> Letterhead:
    """Return a letterhead for an email that holds no pay link."""
    return {**head, "payment_url": ""}
