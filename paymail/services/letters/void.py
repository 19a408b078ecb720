"""The email that says that an invoice is cancelled."""

from paymail.emails import VoidEmail
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, without_link
from paymail.services.letters.send_rules import while_void


def void_email(source: Source) -> VoidEmail:
    """Return the context of the email; it holds no link."""
    bill = bill_of(source)
    return VoidEmail(**without_link(letterhead(bill)), issued=bill.issued, total=bill.total)


KIND = Kind(email=void_email, document=None, threaded=True, group=Group.INVOICES, send_rule=while_void)
