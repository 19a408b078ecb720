"""What the list of invoices shows for an address: tabs, chips, a page of rows, and the sums of all."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from paymail.money import Money
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import all_issuers
from paymail.services.lists import invoice_pages, saved_views, view_counts
from paymail.services.lists.invoice_filter import LARGEST, BadFilter, InvoiceFilter, from_pairs
from paymail.services.lists.invoice_pages import NEWEST_FIRST, SIZES, Order, Sorting, sorting_of
from paymail.web.staff import flash
from paymail.web.staff.filter_chips import chips_of
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.invoice_rows import rows_of
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

HEADS = (
    (Order.NUMBER, "No.", ""),
    (Order.CUSTOMER, "Customer", ""),
    (Order.ISSUED, "Issued", ""),
    (Order.DUE, "Due", ""),
    (None, "Delivery", ""),
    (None, "Payment", ""),
    (Order.BALANCE, "Balance", "n"),
    (Order.TOTAL, "Total", "n"),
)
SUMMED = 1000
"""So many invoices are counted and added up with each page; of more than that all are, when asked for."""
UP_FIRST = (Order.CUSTOMER, Order.DUE)
"""What one wants to see from its beginning; of the others the newest or the largest."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which list a page is."""

    wanted: InvoiceFilter
    sorting: Sorting = NEWEST_FIRST
    size: int = SIZES[0]
    after: int | None = None
    before: int | None = None
    summed: bool = False
    """Whether all of the result is added up, however much it is."""

    @property
    def first(self) -> bool:
        """Whether it is the beginning of the list."""
        return self.after is None and self.before is None

    @property
    def view(self) -> str:
        """The filter and the order as they stand in an address; what a saved view keeps."""
        return urlencode(self._pairs())

    def at(self, **more: object) -> str:
        """Return the address of another page of this list."""
        rows = {"rows": self.size} if self.size != SIZES[0] else {}
        pairs = dict(self._pairs()) | rows | more
        return f"/staff/invoices?{urlencode({name: value for name, value in pairs.items() if value})}"

    def _pairs(self) -> list[tuple[str, str]]:
        sort = [] if self.sorting == NEWEST_FIRST else [("sort", self.sorting.text)]
        return [*self.wanted.pairs(), *sort]


OWN = ("sort", "rows", "after", "before", "sums")
"""What an address says beside the filter."""


def place_of(pairs: Iterable[tuple[str, str]]) -> Place:
    """Read an address. Raises BadFilter."""
    given = list(pairs)
    own = {name: value for name, value in given if name in (*OWN, *flash.OWN)}
    size = own.get("rows") or str(SIZES[0])
    if size not in map(str, SIZES):
        raise BadFilter(f"rows: {size[:20]!r} is none of {', '.join(map(str, SIZES))}")
    return Place(
        from_pairs((name, value) for name, value in given if name not in own),
        sorting_of(own.get("sort", "")),
        int(size),
        _id("after", own.get("after", "")),
        _id("before", own.get("before", "")),
        own.get("sums") == "all",
    )


def _id(name: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text[:25]) > LARGEST:
        raise BadFilter(f"{name}: {text[:20]!r} is not an id")
    return int(text)


def list_page(
    app: App, request: Request, visitor: Visitor, place: Place, refusal: Refusal | None = None
) -> HTMLResponse:
    """Answer with the list. Nine statements, however many rows; each that a filter adds comes on top."""
    now = app.now()
    if place.wanted.company == (
        request.state.shell.company,
    ):  # what the whole page is about is no filter of it
        place = replace(place, wanted=replace(place.wanted, company=()))
    with app.reading() as session:
        issuers = all_issuers(session)
        found = invoice_pages.page(
            session, wanted=place.wanted, now=now, sorting=place.sorting, size=place.size,
            after=place.after, before=place.before,
        )  # fmt: skip
        most = None if place.summed else SUMMED
        sums = invoice_pages.sums(session, wanted=place.wanted, now=now, most=most)
        matching = sum(one.count for one in sums)
        context = {
            "visitor": visitor,
            "now": now,
            "place": place,
            "found": found,
            "rows": rows_of(session, found.rows, now),
            "sums": sums,
            "matching": _matching(matching, most),
            "more": most is not None and matching > most,
            "tabs": view_counts.counted(session, now=now),
            "views": saved_views.listed(session, user_id=visitor.user_id),
        }
    context |= {
        "chips": chips_of(place.wanted, issuers),
        "heads": [_head(place, *head) for head in HEADS],
        "sizes": SIZES,
        "home": issuers[0].currency if issuers else "AUD",
        "zone": issuers[0].timezone if issuers else "UTC",
        "sought": place.wanted.q,
        "refusal": refusal,
        "flash": "" if refusal else flash.said(request),
        "as_money": Money,
    }
    return PAGES.TemplateResponse(request, "invoices.html", context, refusal.status if refusal else 200)


def _matching(count: int, most: int | None) -> str:
    """Return how many invoices match, as people read it."""
    return f"more than {most:,}" if most is not None and count > most else f"{count:,}"


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: its name, its class, where it sorts to, and the order that it has now."""

    name: str
    kind: str
    address: str
    sorted: str


def _head(place: Place, order: Order | None, name: str, kind: str) -> Head:
    if order is None:
        return Head(name, kind, "", "")
    here = place.sorting.order is order
    down = not place.sorting.down if here else order not in UP_FIRST
    turned = replace(place, sorting=Sorting(order, down), after=None, before=None)
    now = "descending" if place.sorting.down else "ascending"
    return Head(name, kind, turned.at(), now if here else "")
