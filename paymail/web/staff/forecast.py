"""What will go out in the next days, by local day, and what is held back and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from paymail.models import MessageKind
from paymail.money import Money
from paymail.services.forecast.ahead import MOST_STEPS, ahead
from paymail.services.forecast.coming import Coming
from paymail.services.forecast.forecast import forecast
from paymail.web.http.dependencies import AppDep
from paymail.web.staff.local_time import local_day
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/forecast")

MOST_ROWS = 500
"""Rows shown of each list; the totals count all."""
MOST_WHOLE, FIRST = 400, 25
"""Of so many emails and invoices the whole forecast is made; of more, only what the first of each bring."""
SPANS = (1, 7, 14, 30, 90)


@dataclass(frozen=True, slots=True)
class Day:
    """What goes out on one local day; `count` and `owed` count all of it, `rows` may be cut short."""

    name: str
    count: int
    owed: tuple[Money, ...]
    rows: list[Coming]


@router.get("")
def show(
    app: AppDep, request: Request, visitor: Visiting, days: Annotated[int, Query(ge=1, le=90)] = 7
) -> HTMLResponse:
    """Show what goes out in the next days, and what is held back; of very much, what comes first."""
    with app.reading() as session:
        ahead_ = ahead(session, now=app.now(), days=days)
        few = ahead_.written + ahead_.looked_at <= MOST_WHOLE
        # On a quiet day of a large book few are looked at, but many have steps before and after it.
        whole = few and ahead_.with_steps <= MOST_STEPS
        most = None if few else FIRST
        found = forecast(session, now=app.now(), days=days, most=most, only_looked_at=not whole)
    going = [one for one in found if not one.held]
    held = [one for one in found if one.held]
    shown = by_day(going)
    context = {
        "visitor": visitor,
        "days": days,
        "ahead": None if few else ahead_,
        "whole": whole,
        "first": FIRST,
        "spans": sorted({*SPANS, days}),
        "going": len(going),
        "owed": sums(going),
        "by_day": shown,
        "left_out": len(going) - sum(len(day.rows) for day in shown),
        "held": held[:MOST_ROWS],
        "held_count": len(held),
        "reasons": Counter(one.held for one in held).most_common(8),
        "zones": sorted({one.zone for one in found}),
    }
    return PAGES.TemplateResponse(request, "forecast.html", context)


def by_day(coming: Iterable[Coming], most: int = MOST_ROWS) -> list[Day]:
    """Group what has a time, in order, by its local day; at most `most` rows in all."""
    left = most
    found = []
    for name, group in groupby(coming, key=lambda one: local_day(one.at, one.zone) if one.at else ""):
        rows = list(group)
        found.append(Day(name, len(rows), sums(rows), rows[:left]))
        left -= len(rows[:left])
    return found


def sums(coming: Iterable[Coming]) -> tuple[Money, ...]:
    """Return what the invoices of these emails owe, per currency, each invoice once.

    A statement is of several invoices, whose own emails may be among these: what it says is not added.
    """
    balances = {one.invoice_id: one.balance for one in coming if one.kind is not MessageKind.STATEMENT}
    totals: Counter[str] = Counter()
    for balance in balances.values():
        totals[balance.currency] += balance.minor
    return tuple(Money(minor, currency) for currency, minor in sorted(totals.items()))
