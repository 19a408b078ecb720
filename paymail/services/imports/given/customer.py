"""A customer as a program gives it: checked, in the words that an import uses for an invoice's customer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from paymail.errors import InvalidInput
from paymail.services.core.email_addresses import checked, checked_copy
from paymail.services.core.locales import checked_locale
from paymail.services.imports import fields, optional_fields
from paymail.services.imports.faults import BadValue, Fault
from paymail.services.imports.fields import Row
from paymail.services.imports.given.faults import GivenRefused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GivenCustomer:
    """Of what may be left out None says that it stays as it is."""

    customer_ref: str
    customer_name: str
    customer_email: str
    customer_tax_id: str | None = None
    customer_address: str | None = None
    customer_country: str | None = None
    customer_attention: str | None = None
    more_emails: tuple[str, ...] | None = None
    """The host's contacts."""
    locale: str | None = None
    namesake: bool = False


def check_customer(ref: str, said: Row, contacts: Sequence[str] | None = None) -> GivenCustomer:
    """Return the customer; `said` holds `name`, `email` and what else is said. Raises GivenRefused."""
    faults: list[Fault] = []

    def read(pointer: str, check: Callable[[], T], otherwise: T) -> T:
        try:
            return check()
        except (BadValue, InvalidInput) as bad:
            faults.append(Fault(0, pointer, str(bad)))
            return otherwise

    found = GivenCustomer(
        customer_ref=ref,
        customer_name=read("/name", lambda: fields.text(said, "name", 300), ""),
        customer_email=read("/email", lambda: checked(said["email"]), ""),
        customer_tax_id=read("/tax_id", lambda: optional_fields.word(said, "tax_id", 60), None),
        customer_address=read("/address", lambda: optional_fields.paragraph(said, "address"), None),
        customer_country=read("/country", lambda: optional_fields.country(said, "country"), None),
        customer_attention=read("/attention", lambda: optional_fields.word(said, "attention", 200), None),
        more_emails=_each(read, contacts),
        locale=read("/locale", lambda: _locale(said.get("locale")), None),
    )
    if faults:
        raise GivenRefused(faults, "the customer")
    return found


def _each(
    read: Callable[[str, Callable[[], str], str], str], contacts: Sequence[str] | None
) -> tuple[str, ...] | None:
    if contacts is None:
        return None
    return tuple(read(f"/contacts/{at}", partial(checked_copy, one), "") for at, one in enumerate(contacts))


def _locale(tag: str | None) -> str | None:
    return checked_locale(tag) if tag else tag
