"""The email with a customer's statement of account, on the day that it goes out."""

from paymail.documents import StatementDocument
from paymail.emails import Letterhead, OpenInvoice, StatementEmail
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, without_link
from paymail.services.letters.send_rules import always
from paymail.services.letters.statements import open_invoices, statement

MOST_INVOICES = 50
"""Of those that the email lists; the statement has all."""


def statement_email(source: Source) -> StatementEmail:
    """Return the context of the email: what is open now, and nothing that is paid. It holds no link.

    Raises NothingIssued, CustomerErased, CustomerMerged.
    """
    document, invoice = _document(source), source.invoice
    found, more = open_invoices(
        source.session,
        customer_id=invoice.customer_id,
        currency=invoice.currency,
        limit=MOST_INVOICES,
    )
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
        overdue=document.ages.overdue,
        invoices=tuple(
            OpenInvoice(
                number=one.number,
                due=one.due_date,
                overdue=one.due_date < document.day,
                open=Money(one.balance, one.currency),
            )
            for one in found
        ),
        more=more,
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
