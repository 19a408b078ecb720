"""The locale of a customer: the language of emails, documents and pages, and how amounts and dates look."""

import re

from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.i18n import known_locale
from paymail.models import Issuer
from paymail.services.customers import addresses


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


def set_locale(session: Session, *, customer_id: int, tag: str) -> str:
    """Give a customer a locale and return it; an empty tag gives back the issuer's.

    Emails that were written before keep their bytes. Raises BadLocale, NoSuchCustomer.
    """
    own = checked_locale(tag) if tag.strip() else ""
    found = addresses.customer(session, customer_id=customer_id, lock=True)
    found.locale = own
    return own or session.get_one(Issuer, found.issuer_id).locale
