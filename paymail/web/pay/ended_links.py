"""The page of a link that leads nowhere: what ended, and how to get a new one.

Who has a link that was good once knows of the invoice; they are told whose it was, and nothing of its money.
Where a new one goes is not said: the link may have been replaced because the old one reached somebody else.
"""

from dataclasses import dataclass
from datetime import date

from fastapi import Request
from fastapi.responses import Response

from paymail.documents import Seller
from paymail.errors import Gone, NotFound
from paymail.i18n import translations
from paymail.render import formats
from paymail.services.core.documents import invoice_document
from paymail.services.core.invoices import load_invoice
from paymail.services.links import pay_links
from paymail.services.links.lookup import LinkExpired, LinkReplaced
from paymail.web.templating import PAGES, asked_language
from paymail.wiring import App


@dataclass(frozen=True, slots=True)
class EndedLink:
    """A link that was good once. `last_day` and `replaced_on` are the issuer's; one of them is there."""

    seller: Seller
    number: str
    subject: str
    """Of the email with the new link, in the language that it is written in."""
    last_day: date | None = None
    replaced_on: date | None = None


def no_link(request: Request, token: str, error: NotFound | Gone) -> Response:
    """Answer with the page of a link that leads nowhere. The token goes into the page of an ended or replaced
    one only: all others look the same."""
    locale = asked_language(request)
    if not isinstance(error, LinkExpired | LinkReplaced):
        return PAGES.TemplateResponse(request, "no_link.html", {"locale": locale}, 404)
    ended = _ended(request.app.state.paymail, error)
    context = {"locale": locale, "token": token, "ended": ended, "seller": ended.seller}
    return PAGES.TemplateResponse(request, "link_ended.html", context, 410)


def _ended(app: App, error: LinkExpired | LinkReplaced) -> EndedLink:
    with app.reading() as session:
        invoice = load_invoice(session, invoice_id=error.invoice_id)
        document = invoice_document(invoice, app.settings.public_url)
        last_day = pay_links.last_day(invoice)
    replaced_on = error.on if isinstance(error, LinkReplaced) else None
    return EndedLink(
        seller=document.issuer,
        number=document.number,
        subject=_subject(document.number, document.issuer.name, document.locale),
        last_day=None if replaced_on else last_day,
        replaced_on=replaced_on,
    )


def _subject(number: str, issuer: str, tag: str) -> str:
    words = translations(tag).gettext("Your new payment link for invoice #%(number)s from %(issuer)s")
    return words % {"number": formats.apart(number, tag), "issuer": formats.apart(issuer, tag)}
