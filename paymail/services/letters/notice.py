"""Notices to the issuer's staff."""

from paymail.emails import NoticeEmail
from paymail.i18n import language_of
from paymail.services.letters.kind import Kind, Source
from paymail.services.letters.send_rules import always


def notice_email(source: Source) -> NoticeEmail:
    """Return the context of a notice; the first line of the message's detail is its headline."""
    invoice = source.invoice
    headline, _, detail = source.message.detail.partition("\n")
    issuer_locale = invoice.issuer.locale
    return NoticeEmail(
        issuer_name=invoice.issuer.name,
        invoice_number=invoice.number,
        customer_name=invoice.customer.name,
        headline=headline,
        detail=detail,
        staff_url=f"{source.public_url}/staff/invoices/{invoice.invoice_id}",
        # Notices are in English, whatever the issuer's language: their page is not to claim another.
        locale=issuer_locale if language_of(issuer_locale) == "en" else "en",
    )


KIND = Kind(email=notice_email, document=None, threaded=False, group=None, send_rule=always)
