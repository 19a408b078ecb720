"""What stands around every staff page: the company that is chosen, and how much waits in each section."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.services.access.visible import Scope, seen_issuers
from paymail.services.forecast import today
from paymail.services.lists.nav_counts import waiting
from paymail.services.reconciliation import drift_store
from paymail.web.http.inputs import LARGEST_ID
from paymail.web.staff.needs import route_of

SECONDS = 15.0
"""For so long the numbers are not counted again: they lead somewhere, and that page counts for itself."""
MOST_KEPT = 200
"""Companies whose numbers are kept at once."""
COOKIE = "paymail_company"
"""Holds the chosen company in the browser, until another one is chosen or all are."""
OF_ONE_COMPANY = (
    *("/invoices", "/invoices.csv", "/views", "/customers", "/customers.csv", "/imports"),
    *("/messages", "/forecast", "/unknown", "/received"),
    *("/exports", "/exports/gst.csv", "/exports/accounting", "/exports/lists"),
)
"""Routes that see the rows of the chosen company only. Home and Batches ask for it themselves; a page with an
id is of whatever it names; the others are of the whole installation."""
WHOLE = ("/events", "/mailbox", "/reconciliation", "/suppressions")
"""Pages that show every company's, whichever is chosen, and say so."""
BACK = re.compile(r"/staff/[a-z-]{0,40}", re.ASCII)
"""Pages to go back to once another company is chosen: none of a single thing."""


@dataclass(frozen=True, slots=True)
class Count:
    """The number beside a section: how many, how bad, and of what."""

    count: int
    tone: str
    says: str
    more: bool = False
    """Whether there may be more than are counted."""

    @property
    def words(self) -> str:
        """The number as people read it: of up to three digits."""
        return f"{min(self.count, 999)}" + ("+" if self.more or self.count > 999 else "")


@dataclass(frozen=True, slots=True)
class Shell:
    """The companies by id and name, the chosen one (None: all), and the count of each section by its key."""

    companies: tuple[tuple[int, str], ...]
    company: int | None
    counts: dict[str, Count]
    back: str
    """The page that is shown once another company is chosen."""
    whole: bool
    """Whether the page shows every company's although one is chosen."""
    home: str
    """The currency whose code may be left out: the chosen company's, or the first one's."""

    @property
    def name(self) -> str:
        """The chosen company; of several and no choice, that all are meant."""
        if len(self.companies) == 1:
            return self.companies[0][1]
        return dict(self.companies).get(self.company or 0, "All companies")


class NavCounts:
    """The numbers of the last seconds, by company; one per application."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[int | None, frozenset[int] | None], tuple[float, dict[str, Count]]] = {}

    def of(
        self, session: Session, *, now: datetime, company: int | None, scope: Scope | None = None
    ) -> dict[str, Count]:
        """Return the numbers of one company, or of all that `scope` sees, counted at most SECONDS ago."""
        key = (company, scope.issuers if scope else None)
        kept = self._kept.get(key)
        if kept is None or self._clock() - kept[0] > SECONDS:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            kept = self._kept[key] = (self._clock(), _counted(session, now, company))
        return kept[1]


def shell(session: Session, request: Request, *, now: datetime, scope: Scope | None) -> Shell:
    """Return what stands around the page that is asked for, of what `session` and so `scope` sees.

    One statement, and four every SECONDS.
    """
    listed = select(Issuer.issuer_id, Issuer.name, Issuer.currency).order_by(Issuer.issuer_id)
    rows = session.execute(listed).all()
    companies = tuple((int(key), str(name)) for key, name, _currency in rows)
    company = _chosen(request, dict(companies))
    counts: NavCounts = request.app.state.nav_counts
    path: str = request.scope["path"]
    return Shell(
        companies,
        company,
        counts.of(session, now=now, company=company, scope=scope),
        path if request.method == "GET" and BACK.fullmatch(path) else "/staff/",
        company is not None and route_of(request) in WHOLE,
        next((str(currency) for key, _name, currency in rows if company in (None, key)), "AUD"),
    )


def seen_on(request: Request, chosen: Shell, scope: Scope | None, actor: str) -> Scope | None:
    """Return what the page that is asked for sees: of `scope`, the chosen company where it is of one."""
    if chosen.company is None or route_of(request) not in OF_ONE_COMPANY:
        return scope
    return Scope(frozenset({chosen.company}), actor)


def _chosen(request: Request, companies: dict[int, str]) -> int | None:
    given = request.cookies.get(COOKIE, "")
    if len(companies) < 2:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < len(str(LARGEST_ID))):
        return None
    return int(given) if int(given) in companies else None


def _counted(session: Session, now: datetime, company: int | None) -> dict[str, Count]:
    """Count as Home does. What differs from Stripe is of an account, which several companies may share."""
    only = (company,) if company else ()
    waits = waiting(session, now=now, company=only)
    emails = waits.emails + today.doubtful(session, company=only)
    money = 0 if company or seen_issuers(session) is not None else drift_store.count_open(session)
    return {
        "invoices": Count(waits.not_emailed, "", "not emailed yet", waits.more),
        "customers": Count(waits.customers, "warn", "wait for your answer"),
        "emails": Count(emails, "bad", "need you"),
        "money": Count(money, "warn", "differ from Stripe"),
    }
