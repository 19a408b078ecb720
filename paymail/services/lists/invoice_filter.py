"""Which invoices: one filter for the pages, bulk, CSV, the command line and the API.

Its text is a query string, such as `delivery=bounced&overdue=31-60,90+`; the address of a page is the view.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from paymail.errors import InvalidInput
from paymail.models import InvoiceStatus, PaymentStatus
from paymail.money import CURRENCIES, BadAmount, parse_decimal
from paymail.services.lists.delivery_state import Delivery
from paymail.services.lists.overdue_age import Age
from paymail.services.lists.payment_state import PaymentState

MOST_PICKED = 500
"""Invoices that are named one by one."""
LARGEST = 2**63 - 1
E = TypeVar("E", bound=StrEnum)


class BadFilter(InvalidInput):
    """The filter has a name or a value that nobody knows: passed over, it would list everything."""

    code = "bad_filter"


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices; empty fields do not filter. Days are on the issuers' calendars, both ends included."""

    q: str = ""
    """A number, with or without `#`; a part of a customer's name, address or order number; an amount."""
    delivery: tuple[Delivery, ...] = ()
    payment: tuple[PaymentState, ...] = ()
    overdue: tuple[Age, ...] = ()
    company: tuple[int, ...] = ()
    """Issuers, by id."""
    batch: int | None = None
    """The number of the import that made them."""
    customer: str = ""
    """A customer's id; else a part of the name or address."""
    issued_from: date | None = None
    issued_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    amount_from: Decimal | None = None
    """Of the total, in major units of each invoice's currency."""
    amount_to: Decimal | None = None
    currency: str = ""
    stripe: str = ""
    """`differs`: only invoices in which Stripe and the books do not agree."""
    invoice: tuple[int, ...] = ()
    """Only these, by id."""
    status: InvoiceStatus | None = None
    payment_status: PaymentStatus | None = None
    """As it is stored, as is the status; `payment` is what a person means."""

    def pairs(self) -> list[tuple[str, str]]:
        """Return the fields that filter, as they stand in an address."""
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [(name, _text(value)) for name, value in given if value not in ("", None, ())]

    @property
    def query(self) -> str:
        """The filter as text; empty: all invoices."""
        return urlencode(self.pairs())


NAMES = tuple(field.name for field in fields(InvoiceFilter))


def from_text(text: str) -> InvoiceFilter:
    """Read a filter from its text. Raises BadFilter."""
    return from_pairs(parse_qsl(text.lstrip("?"), keep_blank_values=True))


def from_pairs(pairs: Iterable[tuple[str, str]]) -> InvoiceFilter:
    """Read a filter from the names and values of an address; lists by comma or repeated. Raises BadFilter."""
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in NAMES:
            raise BadFilter(f"{name[:40]!r} is not a filter; known are {', '.join(NAMES)}")
        if value := value.strip():
            given[name] = f"{given[name]},{value}" if name in given else value
    found = InvoiceFilter(**dict(_read(given)))
    for least, most in (("issued_from", "issued_to"), ("due_from", "due_to"), ("amount_from", "amount_to")):
        low, high = getattr(found, least), getattr(found, most)
        if low is not None and high is not None and low > high:
            raise BadFilter(
                f"{least} is after {most}" if "amount" not in least else f"{least} is above {most}"
            )
    return found


def day_after(day: date | None) -> date | None:
    """Return the next day: an end that is not included, as one that is."""
    return day + timedelta(days=1) if day else None


def day_before(day: date | None) -> date | None:
    """Return the day before: an end that is not included, as one that is."""
    return day - timedelta(days=1) if day else None


def _read(given: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        match name:
            case "delivery":
                yield name, _words(Delivery, name, value)
            case "payment":
                yield name, _words(PaymentState, name, value)
            case "overdue":
                yield name, _words(Age, name, value)
            case "status":
                yield name, _words(InvoiceStatus, name, value)[0]
            case "payment_status":
                yield name, _words(PaymentStatus, name, value)[0]
            case _:
                yield name, _plain(name, value)


def _plain(name: str, value: str) -> Any:
    if name in ("q", "customer"):
        if not value.isprintable() or len(value) > 200:
            raise BadFilter(f"{name} must be plain text of at most 200 characters")
        return value
    if name == "batch":
        return _number(name, value)
    if name in ("company", "invoice"):
        numbers = tuple(dict.fromkeys(_number(name, one) for one in value.split(",")))
        if len(numbers) > MOST_PICKED:
            raise BadFilter(f"more than {MOST_PICKED} are named one by one")
        return numbers
    if name == "currency":
        return _one_of(name, value.upper(), sorted(CURRENCIES))
    if name == "stripe":
        return _one_of(name, value, ["differs"])
    return _amount(name, value) if name.startswith("amount_") else _day(name, value)


def _words(kind: type[E], name: str, value: str) -> tuple[E, ...]:
    # A "+" that nobody encoded is a blank once it is read: "90+" of an address typed by hand.
    words = dict.fromkeys("90+" if one == "90" else one for one in value.lower().replace(" ", "").split(","))
    return tuple(kind(_one_of(name, word, list(kind))) for word in words)


def _one_of(name: str, value: str, known: list[Any]) -> str:
    if value not in known:
        shown = ", ".join(known) if len(known) < 30 else "a code of ISO 4217"
        raise BadFilter(f"{name}: {value[:40]!r} is none of {shown}")
    return value


def _number(name: str, value: str) -> int:
    if not value.strip().isdecimal() or not 0 < (number := int(value.strip()[:25])) <= LARGEST:
        raise BadFilter(f"{name}: {value[:40]!r} is not an id")
    return number


def _day(name: str, value: str) -> date:
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise BadFilter(f"{name}: {value[:20]!r} is not a date; use a format such as 2026-12-01") from error
    if not 1900 < found.year < 2200:
        raise BadFilter(f"{name}: the year {found.year} is out of range; check for a typo")
    return found


def _amount(name: str, value: str) -> Decimal:
    try:
        return parse_decimal(value.replace(",", ""))
    except BadAmount as error:
        raise BadFilter(f"{name}: {value[:40]!r} is not an amount") from error


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
