"""Which language a customer reads, and our words in it. English is the message id; catalogs are PO files."""

import gettext
import io
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "de", "fr", "ja", "ar")
"""What we write in. All but English have a catalog, `locale/<language>/LC_MESSAGES/paymail.po`."""
CATALOGS = Path(__file__).resolve().parent / "locale"


def known_locale(tag: str) -> Locale | None:
    """Return Babel's locale of a tag such as `en-AU` (or `en_AU`); None where there is no such."""
    try:
        return Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=256)
def locale_of(tag: str) -> Locale:
    """Return Babel's locale of a tag; English where it is unknown."""
    return known_locale(tag) or Locale("en")


@lru_cache(maxsize=256)
def language_of(tag: str) -> str:
    """Return the language we write in to a reader with this locale: one of LANGUAGES."""
    language = str(locale_of(tag).language)
    return language if language in LANGUAGES else "en"


def written_tag(tag: str) -> str:
    """Return the tag (RFC 5646) of the text that this reader gets: theirs, or `en` if it is not theirs."""
    locale = locale_of(tag)
    ours = str(locale.language) == language_of(tag)
    return str(locale).replace("_", "-") if ours else "en"


@lru_cache(maxsize=256)
def direction_of(tag: str) -> str:
    """Return `rtl` or `ltr`: the way of the words, so a language that we lack goes as English does."""
    return str(Locale(language_of(tag)).text_direction)


@lru_cache(maxsize=256)
def translations(tag: str) -> gettext.NullTranslations:
    """Return the words for a locale tag: `de-AT` gives German, an unknown or malformed tag English."""
    return _catalog(language_of(tag))


def marked(text: str) -> str:
    """Return `text`; the call tells the extraction that it is translated later, when its reader is known."""
    return text


@lru_cache(maxsize=len(LANGUAGES))
def _catalog(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    # Read here and not compiled into the repository: two files of one truth would drift apart.
    with (CATALOGS / language / "LC_MESSAGES" / "paymail.po").open("rb") as source:
        catalog = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
