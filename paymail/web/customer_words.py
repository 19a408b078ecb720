"""What the customer pages say of parties, lines and amounts, beside what all templates can."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from paymail.documents import InvoiceDocument, Line
from paymail.money import Money
from paymail.render import formats, tax_words
from paymail.render.obstacle_words import obstacle_words
from paymail.render.qr import qr_address


def brand_path(colour: str) -> str:
    """Return the address of the style sheet with an issuer's `#rrggbb`."""
    return f"/brand/{colour.removeprefix('#').lower()}.css"


def own_path(url: str) -> str:
    """Return the path of an address of ours: the policy takes pictures from where the page came from only.

    A preview's logo is in the page itself.
    """
    return url if url.startswith("data:image/png;base64,") else urlsplit(url).path


def phone_link(number: str, tag: str) -> Markup:
    """Return a telephone number that a phone can call."""
    dialled = "".join(c for c in number if c in "+0123456789")
    return Markup('<a href="tel:{}">{}</a>').format(quote(dialled, safe="+"), formats.apart(number, tag))


def line_details(line: Line, document: InvoiceDocument, tag: str) -> str:
    """Return how many at which price, unless it is one, and the tax where an invoice has several."""
    parts = []
    if line.quantity != 1:
        parts.append(formats.times(line.quantity, line.unit_price, line.amount.currency, tag))
    if len(document.taxes) > 1:
        parts.append(tax_words.line_words(line.tax, document.tax_name, tag))
    return " · ".join(parts)


def minus(amount: Money, tag: str) -> str:
    """Return what is taken off a sum, with a minus before all of it."""
    return formats.money(Money(-amount.minor, amount.currency), tag)


FILTERS: dict[str, Callable[..., object]] = {
    "brand": brand_path,
    "own_path": own_path,
    "phone_link": phone_link,
    "line_details": line_details,
    "minus": minus,
    "obstacle": obstacle_words,
    "qr": qr_address,
}
