"""The invoice email."""

from paymail.documents import InvoiceDocument
from paymail.emails import EmailLine, InvoiceEmail
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, paper_of
from paymail.services.letters.send_rules import while_owed


def invoice_email(source: Source) -> InvoiceEmail:
    """Return the context of the invoice email."""
    bill = bill_of(source)
    return InvoiceEmail(
        **letterhead(bill),
        issued=bill.issued,
        due=bill.due,
        lines=email_lines(bill),
        subtotal=bill.subtotal,
        tax_name=bill.tax_name,
        taxes=bill.taxes,
        tax=bill.tax,
        total=bill.total,
        paid=bill.paid,
        balance=bill.balance,
        credited=bill.credited,
        written_off=bill.written_off,
        purchase_order=bill.purchase_order,
    )


def email_lines(bill: InvoiceDocument) -> tuple[EmailLine, ...]:
    """Return the lines of an invoice as its emails show them."""
    return tuple(
        EmailLine(line.description, line.quantity, line.unit_price, line.amount, line.tax)
        for line in bill.lines
    )


KIND = Kind(email=invoice_email, document=paper_of, threaded=True, group=Group.INVOICES, send_rule=while_owed)
