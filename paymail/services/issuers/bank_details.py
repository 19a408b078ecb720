"""Where an issuer's customers transfer to: seven fields, checked as far as each can be."""

import re
from collections.abc import Callable, Mapping

from stdnum import bic, iban

from paymail.services.reminders.preferences import BadPreference

BANK_FIELDS = (
    "bank_holder", "bank_name", "bank_bsb", "bank_number", "bank_payid", "bank_iban", "bank_bic",
)  # fmt: skip
LONGEST = {"bank_holder": 140, "bank_name": 140, "bank_number": 40, "bank_payid": 256}


def checked(name: str, text: str) -> str:
    """Return a field in the form in which it is kept; empty stays empty. Raises BadPreference."""
    found = " ".join(text.split())
    if not found.isprintable() or len(found) > LONGEST.get(name, 60):
        raise BadPreference(f"{name} is too long, or contains a character that cannot be printed")
    return _FORMS.get(name, str)(found) if found else ""


def _bsb(text: str) -> str:
    digits = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"\d{6}", digits, re.ASCII):
        raise BadPreference(f"bank_bsb: {text[:20]!r} is not a BSB of six digits, such as 063-000")
    return f"{digits[:3]}-{digits[3:]}"


def _iban(text: str) -> str:
    """Source: ISO 13616, as python-stdnum knows each country's registered form."""
    if not iban.is_valid(text):
        raise BadPreference(f"bank_iban: {text[:40]!r} is not a valid IBAN")
    return str(iban.compact(text))


def _bic(text: str) -> str:
    """Source: ISO 9362."""
    if not bic.is_valid(text):
        raise BadPreference(f"bank_bic: {text[:20]!r} is not a BIC of eight or eleven characters")
    return str(bic.compact(text))


_FORMS: Mapping[str, Callable[[str], str]] = {"bank_bsb": _bsb, "bank_iban": _iban, "bank_bic": _bic}
