"""The invoice of the samples, as a document of a given issuer."""

from paymail.documents import InvoiceDocument, Line, Party, Seller
from paymail.emails import InvoiceEmail


def sample_document(seller: Seller, locale: str, terms: str) -> InvoiceDocument:
    """Return the invoice that the sample of the invoice email speaks of."""
    email = InvoiceEmail.sample()
    return InvoiceDocument(
        number=email.invoice_number,
        issuer=seller,
        customer=Party(email.customer_name),
        issued=email.issued,
        due=email.due,
        lines=tuple(
            Line(position, one.description, one.quantity, one.unit_price, one.amount, one.tax)
            for position, one in enumerate(email.lines, start=1)
        ),
        subtotal=email.subtotal,
        tax_name=email.tax_name,
        taxes=email.taxes,
        tax=email.tax,
        total=email.total,
        paid=email.paid,
        balance=email.balance,
        payment_url=email.payment_url,
        locale=locale,
        terms=terms,
    )
