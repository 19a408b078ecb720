"""What the list of customers shows for an address: a page of rows with what each owes, holds and trouble."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from paymail.models import Customer, Issuer
from paymail.services.lists import customer_pages, customer_sums
from paymail.services.lists.customer_pages import LONGEST_TEXT, SIZES, CustomerFilter, Order, Sorting
from paymail.services.lists.customer_sums import Owed, Trouble
from paymail.services.lists.invoice_filter import LARGEST, BadFilter
from paymail.services.outbox import suppressions
from paymail.services.reminders import customer_holds
from paymail.web.http.inputs import plain
from paymail.web.staff.message_words import STATE_BADGES

ALL = CustomerFilter()
NAMES = ("q", "company", "owes", "sort", "currency", "rows", "after", "before")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which list a page is."""

    wanted: CustomerFilter = ALL
    sort: str = ""
    size: int = SIZES[0]
    after: int | None = None
    before: int | None = None

    def at(self, **more: object) -> str:
        """Return the address of another page of this list."""
        rows = {"rows": self.size} if self.size != SIZES[0] else {}
        return f"/staff/customers{_query(self.given | {'sort': self.sort} | rows | more)}"

    @property
    def query(self) -> str:
        """The filter as it stands in an address."""
        return _query(self.given)

    @property
    def given(self) -> dict[str, object]:
        """What filters, by the names in the address."""
        owes = "yes" if self.wanted.owes else ""
        return {"q": self.wanted.q, "company": self.wanted.company, "owes": owes}


def _query(pairs: Mapping[str, object]) -> str:
    given = urlencode({name: value for name, value in pairs.items() if value})
    return f"?{given}" if given else ""


def place_of(pairs: Iterable[tuple[str, str]]) -> Place:
    """Read an address. Raises BadFilter."""
    given = dict(pairs)
    if unknown := sorted(given.keys() - set(NAMES)):
        raise BadFilter(f"{unknown[0][:40]!r} is no filter of customers")
    size = given.get("rows") or str(SIZES[0])
    if size not in map(str, SIZES):
        raise BadFilter(f"rows: {size[:20]!r} is none of {', '.join(map(str, SIZES))}")
    q = " ".join(plain(given.get("q", "")).split())
    if len(q) > LONGEST_TEXT:
        raise BadFilter(f"q: at most {LONGEST_TEXT} characters")
    sort = given.get("sort", "")
    customer_pages.sorting_of(sort, "")
    wanted = CustomerFilter(q, _id("company", given.get("company", "")), given.get("owes") == "yes")
    return Place(
        wanted, sort, int(size), _id("after", given.get("after", "")), _id("before", given.get("before", ""))
    )


def _id(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or int(text[:25]) > LARGEST:
        raise BadFilter(f"{name}: {text[:20]!r} is not an id")
    return int(text)


@dataclass(frozen=True, slots=True)
class Row:
    """A customer of the list."""

    customer: Customer
    company: Issuer
    owed: list[Owed]
    held: bool
    """All reminders."""
    held_invoices: int
    blocked: bool
    days_late: int | None
    """How late invoices were paid on average, in the last year; None: none was."""
    trouble: Trouble | None
    badge: tuple[str, str] | None
    """Tone and word of the trouble."""


def rows_of(
    session: Session, customers: Iterable[Customer], issuers: Iterable[Issuer], now: datetime
) -> list[Row]:
    """Return the rows of customers. Five statements, however many they are."""
    found, known = list(customers), list(issuers)
    ids = [one.customer_id for one in found]
    companies = {one.issuer_id: one for one in known}
    owed = customer_sums.owed_by(session, customer_ids=ids, now=now, issuers=known)
    held = customer_sums.held_invoices(session, customer_ids=ids, now=now)
    troubles = customer_sums.troubles(session, customer_ids=ids)
    late = customer_sums.days_late(session, customer_ids=ids, issuers=known, now=now)
    blocked = suppressions.among(session, addresses=[one.email for one in found])
    rows = []
    for one in found:
        trouble = troubles.get(one.customer_id)
        rows.append(
            Row(
                customer=one,
                company=companies[one.issuer_id],
                owed=sorted(owed.get(one.customer_id, []), key=_abroad(companies[one.issuer_id])),
                held=customer_holds.is_held(one, now),
                held_invoices=held.get(one.customer_id, 0),
                blocked=suppressions.normalised(one.email) in blocked,
                days_late=late.get(one.customer_id),
                trouble=trouble,
                badge=STATE_BADGES[trouble.state] if trouble else None,
            )
        )
    return rows


def _abroad(company: Issuer) -> Callable[[Owed], bool]:
    """Return what puts a company's own currency before the others."""
    return lambda one: one.balance.currency != company.currency


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: its name, its class, where it sorts to, and the order that it has now."""

    name: str
    kind: str = ""
    address: str = ""
    sorted: str = ""


def heads_of(place: Place, sorting: Sorting) -> list[Head]:
    """Return the heads of the columns."""
    return [
        _head(place, sorting, Order.NAME, "Customer", ""),
        Head("Company"),
        Head("Address"),
        Head("Open", "n"),
        _head(place, sorting, Order.BALANCE, "Balance", "n"),
        Head("Overdue", "n"),
        Head("Pays"),
        Head("Reminders"),
        Head("Email trouble"),
    ]


def _head(place: Place, sorting: Sorting, order: Order, name: str, kind: str) -> Head:
    here = sorting.order is order
    down = not sorting.down if here else order is Order.BALANCE
    text = Sorting(order, down).text
    turned = replace(place, sort="" if text == Order.NAME else text, after=None, before=None)
    now = "descending" if sorting.down else "ascending"
    return Head(name, kind, turned.at(), now if here else "")
