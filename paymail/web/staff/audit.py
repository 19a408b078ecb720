"""The audit log: who did what, with filters, a page by key, and CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from paymail.models import AuditEntry
from paymail.services.access.audit import AuditFilter, entries, every_entry
from paymail.services.core.calendar import BadTime
from paymail.services.exports.csv_lines import line, safe
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, Text
from paymail.web.staff.form_actions import Refusal, day_of
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter()
ROWS = 50
COLUMNS = ("entry_id", "at", "who", "door", "act", "object", "name", "old", "new")


@dataclass(frozen=True, slots=True)
class Given:
    """The filter as it was typed; days are UTC, both ends included."""

    who: Text = ""
    object: Text = ""
    since: Text = ""
    until: Text = ""

    @property
    def query(self) -> str:
        """The filter as it stands in an address."""
        names = ("who", "object", "since", "until")
        return urlencode([(name, getattr(self, name)) for name in names if getattr(self, name)])

    def filter(self) -> AuditFilter:
        """Return what it means. Raises BadTime."""
        since, until = day_of(self.since), day_of(self.until)
        return AuditFilter(
            who=self.who.strip(),
            object=self.object.strip(),
            since=datetime.combine(since, time.min, UTC) if since else None,
            until=datetime.combine(until, time.max, UTC) if until else None,
        )


Wanted = Annotated[Given, Depends()]


@router.get("/audit")
def audit_log(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    given: Wanted,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> HTMLResponse:
    """Show what was done, newest first."""
    refusal, wanted = None, AuditFilter()
    try:
        wanted = given.filter()
    except BadTime as error:
        refusal = Refusal(str(error), 422, error.code)
    with app.reading() as session:
        rows, older = entries(session, wanted=wanted, limit=ROWS, after=after)
    found: dict[str, object] = {"visitor": visitor, "rows": rows, "older": older, "given": given}
    found |= {"refusal": refusal, "after": after}
    return PAGES.TemplateResponse(request, "audit.html", found, refusal.status if refusal else 200)


@router.get("/audit.csv")
def audit_csv(app: AppDep, _visitor: Visiting, given: Wanted) -> StreamingResponse:
    """Give all that the filter finds as CSV, without a cell that a spreadsheet would calculate."""
    wanted = given.filter()

    def lines() -> Iterator[str]:
        yield line(list(COLUMNS))
        with app.reading() as session:
            for entry in every_entry(session, wanted=wanted):
                yield line([safe(_shown(entry, name)) for name in COLUMNS])

    head = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=head)


def _shown(entry: AuditEntry, name: str) -> object:
    return entry.at.isoformat() if name == "at" else getattr(entry, name)
