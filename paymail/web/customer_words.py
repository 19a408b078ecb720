"""What the customer pages say of parties, lines and amounts, beside what all templates can."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from paymail.documents import InvoiceDocument, Line
from paymail.i18n import marked, translations
from paymail.money import STRIPE_THREE_DECIMAL, Money, Obstacle, exponent
from paymail.render import formats, tax_words
from paymail.render.qr import qr_address

_OBSTACLES = {
    Obstacle.CURRENCY: marked("%(amount)s cannot be paid online: cards cannot be charged in %(currency)s."),
    Obstacle.BELOW_MINIMUM: marked(
        "%(amount)s cannot be paid online: it is less than the smallest amount that a card can be charged."
    ),
    Obstacle.ABOVE_MAXIMUM: marked(
        "%(amount)s cannot be paid online: it is more than the largest amount that a card can be charged."
    ),
    Obstacle.LAST_DIGIT: marked(
        "%(amount)s cannot be paid online: card payments in %(currency)s need a last digit of 0."
    ),
}
_WHOLE = marked("%(amount)s cannot be paid online: card payments in %(currency)s are in whole units only.")
MINUS, TIMES = "\u2212", "\u00d7"


def brand_path(colour: str) -> str:
    """Return the address of the style sheet with an issuer's `#rrggbb`."""
    return f"/brand/{colour.removeprefix('#').lower()}.css"


def own_path(url: str) -> str:
    """Return the path of an address of ours: the policy takes pictures from where the page came from only."""
    return urlsplit(url).path


def phone_link(number: str, tag: str) -> Markup:
    """Return a telephone number that a phone can call."""
    dialled = "".join(c for c in number if c in "+0123456789")
    return Markup('<a href="tel:{}">{}</a>').format(quote(dialled, safe="+"), formats.apart(number, tag))


def line_details(line: Line, document: InvoiceDocument, tag: str) -> str:
    """Return how many at which price, unless it is one, and the tax where an invoice has several."""
    parts = []
    if line.quantity != 1:
        price = formats.unit_price(line.unit_price, exponent(line.amount.currency), tag)
        parts.append(formats.apart(f"{formats.quantity(line.quantity, tag)} {TIMES} {price}", tag))
    if len(document.taxes) > 1:
        parts.append(tax_words.line_words(line.tax, document.tax_name, tag))
    return " · ".join(parts)


def minus(amount: Money, tag: str) -> str:
    """Return what is taken off a sum, with a minus before all of it."""
    return f"{MINUS}{formats.money(amount, tag)}"


def obstacle_words(obstacle: Obstacle, amount: Money, tag: str) -> str:
    """Say why an amount cannot be paid online. Of an issuer without an account the page says it itself."""
    whole = obstacle is Obstacle.LAST_DIGIT and amount.currency not in STRIPE_THREE_DECIMAL
    words = translations(tag).gettext(_WHOLE if whole else _OBSTACLES[obstacle])
    return words % {"amount": formats.money(amount, tag), "currency": amount.currency}


FILTERS: dict[str, Callable[..., object]] = {
    "brand": brand_path,
    "own_path": own_path,
    "phone_link": phone_link,
    "line_details": line_details,
    "minus": minus,
    "obstacle": obstacle_words,
    "qr": qr_address,
}
