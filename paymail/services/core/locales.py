"""Locales, checked: the language of emails, documents and pages, and how amounts and dates look."""

import re

from paymail.errors import InvalidInput
from paymail.i18n import known_locale


class BadLocale(InvalidInput):
    """This is not the tag of a locale that is known."""

    code = "bad_locale"


def checked_locale(tag: str) -> str:
    """Return a tag such as `de-AT` as it is to be kept (RFC 5646). Raises BadLocale."""
    found = known_locale(tag.strip())
    kept = str(found or "").replace("_", "-")
    if not re.fullmatch(r"[A-Za-z0-9-]{2,20}", kept):
        raise BadLocale(f"{tag.strip()[:40]!r} is not a locale; use one such as de, en-AU or fr-CA")
    return kept
