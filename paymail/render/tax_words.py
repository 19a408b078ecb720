"""How tax is named on documents, emails and pages, in the reader's words."""

from decimal import Decimal

from paymail.i18n import translations
from paymail.render import formats
from paymail.tax import LineTax, TaxCategory, TaxTotal


def total_label(total: TaxTotal, name: str, groups: int, tag: str) -> str:
    """Name a tax total: `GST (10%)`, and what it is charged on where an invoice has several `groups`.

    Then it is `GST (10%) on AUD $75.00`, and `GST-free (AUD $100.00)`. `name` is that of the tax.
    """
    if groups == 1:
        at_zero = total.category is TaxCategory.ZERO
        return _rated(total.rate, name, tag) if at_zero else line_words(_line_of(total), name, tag)
    net = formats.money(total.net, tag)
    if not total.rate:
        return f"{line_words(_line_of(total), name, tag)} ({net})"
    pattern = translations(tag).gettext("%(tax)s (%(rate)s) on %(amount)s")
    return pattern % {"tax": formats.apart(name, tag), "rate": formats.rate(total.rate, tag), "amount": net}


def line_words(tax: LineTax, name: str, tag: str) -> str:
    """Say how a line is taxed: `GST (10%)`, `GST-free`. Australia's law asks which items are taxable."""
    words = translations(tag)
    match tax.category:
        case TaxCategory.STANDARD:
            return _rated(tax.rate, name, tag)
        case TaxCategory.ZERO:
            # Elsewhere "free" would be taken for exempt.
            pattern = (
                words.gettext("%(tax)s-free") if name == "GST" else words.gettext("Zero-rated for %(tax)s")
            )
        case TaxCategory.EXEMPT:
            pattern = words.gettext("Exempt from %(tax)s")
        case TaxCategory.REVERSE_CHARGE:
            pattern = words.gettext("Reverse charge: you account for the %(tax)s")
        case TaxCategory.OUTSIDE_SCOPE:
            pattern = words.gettext("Outside the scope of %(tax)s")
    return pattern % {"tax": formats.apart(name, tag)}


def _rated(rate: Decimal, name: str, tag: str) -> str:
    pattern = translations(tag).gettext("%(tax)s (%(rate)s)")
    return pattern % {"tax": formats.apart(name, tag), "rate": formats.rate(rate, tag)}


def _line_of(total: TaxTotal) -> LineTax:
    return LineTax(total.category, total.rate)
