"""Self-contained values from which PDFs are rendered: no ORM rows, no clock, no settings.

The same value always gives the same bytes, so a sent PDF can be shown again byte for byte. Each has the
`template` in `email_templates/_pdf/` that prints it and the `filename` that it is attached under.
"""

from paymail.documents.credit_note import CreditNoteDocument
from paymail.documents.invoice import InvoiceDocument
from paymail.documents.parties import BankAccount, Credit, Instalment, Line, Party, Seller
from paymail.documents.receipt import ReceiptDocument
from paymail.documents.statement import Ages, Movement, OpenItem, StatementDocument, StatementRow

Document = InvoiceDocument | ReceiptDocument | CreditNoteDocument | StatementDocument

__all__ = [
    "Ages",
    "BankAccount",
    "Credit",
    "CreditNoteDocument",
    "Document",
    "Instalment",
    "InvoiceDocument",
    "Line",
    "Movement",
    "OpenItem",
    "Party",
    "ReceiptDocument",
    "Seller",
    "StatementDocument",
    "StatementRow",
]
