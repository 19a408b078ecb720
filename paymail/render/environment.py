"""What every template has, whether of an email, a PDF or a page: the formats, and our words by locale."""

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

from paymail import i18n
from paymail.render import formats, tax_words


def equip(environment: jinja2.Environment) -> None:
    """Give an environment the filters and `_`, `ngettext` and `{% trans %}` in its context's `locale`.

    A compiled template holds no language, so that one serves them all. Without a `locale` it speaks
    English. Translations are trusted; the values put into them are escaped where the template is HTML.
    """
    environment.filters.update(
        money=formats.money,
        figure=formats.figure,
        date=formats.long_date,
        dates=formats.long_dates,
        moment=formats.moment,
        qty=formats.quantity,
        rate=formats.rate,
        method=formats.method,
        tax_total=tax_words.total_label,
        tax_words=tax_words.line_words,
        apart=formats.apart,
        bdi=bdi,
        lines=lines,
        direction=i18n.direction_of,
        lang=i18n.written_tag,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True, pgettext=_pgettext, npgettext=_npgettext
    )


def bdi(value: object) -> Markup:
    """Return `<bdi>value</bdi>`, escaped: a name that keeps its own direction inside a sentence."""
    return Markup("<bdi>{}</bdi>").format(value)


def lines(value: str) -> Markup:
    """Return a text of several lines as HTML, escaped, where each keeps its own direction."""
    return Markup("<br>").join(bdi(line) for line in value.split("\n"))


def _tag(context: Context) -> str:
    return str(context.get("locale", "en"))


@jinja2.pass_context
def _gettext(context: Context, text: str) -> str:
    return i18n.translations(_tag(context)).gettext(text)


@jinja2.pass_context
def _ngettext(context: Context, one: str, many: str, number: int) -> str:
    return i18n.translations(_tag(context)).ngettext(one, many, number)


@jinja2.pass_context
def _pgettext(context: Context, sense: str, text: str) -> str:
    return i18n.translations(_tag(context)).pgettext(sense, text)


@jinja2.pass_context
def _npgettext(context: Context, sense: str, one: str, many: str, number: int) -> str:
    return i18n.translations(_tag(context)).npgettext(sense, one, many, number)
