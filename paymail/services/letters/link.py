"""The email with a new pay link, which the customer asked for."""

from paymail.emails import LinkEmail
from paymail.models import Invoice
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead
from paymail.services.letters.send_rules import while_owed
from paymail.services.links import pay_links


def link_email(source: Source) -> LinkEmail:
    """Return the context of the email with the link and the last day on which it works."""
    bill = bill_of(source)
    return LinkEmail(
        **letterhead(bill),
        due=None if source.invoice.plan else bill.due,
        balance=bill.balance,
        last_day=pay_links.last_day(source.invoice),
    )


def while_it_works(invoice: Invoice) -> str:
    """Drop it when nothing is owed any more, or the link was revoked."""
    revoked = "the link was revoked" if invoice.payment_token is None else ""
    return while_owed(invoice) or revoked


KIND = Kind(email=link_email, document=None, threaded=True, group=Group.INVOICES, send_rule=while_it_works)
