"""The email with a customer's statement of account, on the day that it goes out."""

from paymail.documents import StatementDocument
from paymail.emails import Letterhead, OpenInvoice, StatementEmail
from paymail.services.core.invoices import local_date
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, without_link
from paymail.services.letters.send_rules import always
from paymail.services.letters.statements import statement

MOST_INVOICES = 50
"""Of those that the email lists; the statement has all."""


def statement_email(source: Source) -> StatementEmail:
    """Return the context of the email: what is open on its day, as the statement has it. It holds no link.

    Raises NothingIssued, CustomerErased, CustomerMerged.
    """
    document = _document(source)
    # Of the account: the code and the reference of the invoice that it is filed under tell nothing of it.
    head: Letterhead = {
        **without_link(letterhead(bill_of(source))),
        "reference": document.reference,
        "verify_code": "",
        "verify_url": "",
        "not_online": "",
    }
    return StatementEmail(
        **head,
        since=document.since,
        day=document.day,
        balance=document.balance,
        credit=document.credit,
        overdue=document.ages.overdue,
        invoices=tuple(
            OpenInvoice(
                number=one.number,
                due=one.due,
                overdue=one.due < document.day,
                open=one.open,
            )
            for one in document.open[:MOST_INVOICES]
        ),
        more=len(document.open) > MOST_INVOICES,
    )


def _document(source: Source) -> StatementDocument:
    invoice = source.invoice
    day = local_date(invoice.issuer, source.date)
    since = source.message.statement_since
    return statement(
        source.session,
        customer_id=invoice.customer_id,
        now=source.date,
        since=min(since, day) if since else None,
        currency=invoice.currency,
        public_url=source.public_url,
    )


KIND = Kind(email=statement_email, document=_document, threaded=False, group=Group.INVOICES, send_rule=always)
