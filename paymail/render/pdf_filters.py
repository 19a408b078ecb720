"""What the templates of PDFs have beside what every template has."""

import re
from collections.abc import Iterator, Sequence

import jinja2

from paymail.documents import Line
from paymail.i18n import translations
from paymail.money import Money, exponent
from paymail.render import formats
from paymail.render.qr import png_address, qr_address
from paymail.tax import LineTax, TaxCategory

_BLUE = "#2563eb"


def equip_pdfs(environment: jinja2.Environment) -> None:
    """Give an environment the filters of documents."""
    environment.filters.update(
        price=formats.unit_price,
        plain=formats.figure,
        exponent=exponent,
        minor=Money,
        less=_less,
        carried=_carried,
        tax_note=_needs_words,
        colour=_colour,
        png=png_address,
        qr=qr_address,
    )


def _less(value: Money) -> Money:
    return Money(-value.minor, value.currency)


def _carried(lines: Sequence[Line], currency: str, tag: str) -> Iterator[tuple[Line, str, str]]:
    """Yield each line with what a page that begins with it carries over, and what one that ends with it
    carries forward."""
    words, run, last = translations(tag), 0, len(lines) - 1
    over, forward = words.gettext("Carried over"), words.gettext("Carried forward")
    for index, line in enumerate(lines):
        before = f"{over} {formats.plain(Money(run, currency), tag)}" if index else ""
        run += line.amount.minor
        # The page's number follows in the same foot.
        after = f"{forward} {formats.plain(Money(run, currency), tag)}\u2003" if index < last else ""
        yield line, before, after


def _needs_words(tax: LineTax) -> bool:
    """Whether a rate alone would not say how a line is taxed."""
    return tax.category not in (TaxCategory.STANDARD, TaxCategory.ZERO)


def _colour(value: str) -> str:
    # It goes into a style: nothing but a colour may.
    return value if re.fullmatch(r"#[0-9a-fA-F]{6}", value) else _BLUE
