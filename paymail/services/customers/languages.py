"""The locale of a customer: the language of emails, documents and pages, and how amounts and dates look."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.services.core import customer_history
from paymail.services.core.locales import checked_locale
from paymail.services.customers import addresses


def set_locale(session: Session, *, customer_id: int, tag: str, actor: str, now: datetime) -> str:
    """Give a customer a locale and return it; an empty tag gives back the issuer's.

    Emails that were written before keep their bytes. Raises BadLocale, NoSuchCustomer.
    """
    own = checked_locale(tag) if tag.strip() else ""
    found = addresses.customer(session, customer_id=customer_id, lock=True)
    customer_history.record(session, found, "locale", (found.locale, own), actor, now)
    found.locale = own
    return own or session.get_one(Issuer, found.issuer_id).locale
