"""The audit log: who did what as sentences, with filters, a page by key, and CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from sqlalchemy.orm import Session

from paymail.services.access.audit import AuditFilter, entries
from paymail.services.access.people import people
from paymail.services.audit_log.lines import csv_lines
from paymail.services.audit_log.phrases import TOPICS, Topic
from paymail.services.audit_log.sentences import told
from paymail.services.core.calendar import BadTime
from paymail.services.core.issuers import all_issuers
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, Text
from paymail.web.staff.form_actions import NotAChoice, Refusal, day_of
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter()
ROWS = 50


@dataclass(frozen=True, slots=True)
class Given:
    """The filter as it was typed; days are UTC, both ends included."""

    who: Text = ""
    object: Text = ""
    topic: Text = ""
    company: Text = ""
    since: Text = ""
    until: Text = ""

    @property
    def query(self) -> str:
        """The filter as it stands in an address."""
        names = ("who", "object", "topic", "company", "since", "until")
        return urlencode([(name, getattr(self, name)) for name in names if getattr(self, name)])

    def filter(self) -> AuditFilter:
        """Return what it means. Raises BadTime, NotAChoice."""
        since, until = day_of(self.since), day_of(self.until)
        if self.topic and self.topic not in set(Topic):
            raise NotAChoice(f"choose one of: {', '.join(Topic)}")
        company = self.company
        if company and not (company.isascii() and company.isdecimal() and int(company) <= LARGEST_ID):
            raise NotAChoice("choose a company of the list")
        return AuditFilter(
            who=self.who.strip(),
            object=self.object.strip(),
            acts=TOPICS[Topic(self.topic)].keys() if self.topic else (),
            issuer_id=int(company) if company else None,
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
    except (BadTime, NotAChoice) as error:
        refusal = Refusal(str(error), 422, error.code)
    with app.reading() as session:
        rows, older = entries(session, wanted=wanted, limit=ROWS, after=after)
        found: dict[str, object] = {"rows": told(session, rows), "older": older, **_choices(session)}
    found |= {"visitor": visitor, "given": given, "refusal": refusal, "after": after}
    return PAGES.TemplateResponse(request, "audit.html", found, refusal.status if refusal else 200)


def _choices(session: Session) -> dict[str, object]:
    return {
        "people": [one.user.email for one in people(session)],
        "companies": [(one.issuer_id, one.name) for one in all_issuers(session)],
        "topics": [(topic.value, topic.capitalize()) for topic in Topic],
    }


@router.get("/audit.csv")
def audit_csv(app: AppDep, _visitor: Visiting, given: Wanted) -> StreamingResponse:
    """Give all that the filter finds as CSV, without a cell that a spreadsheet would calculate."""
    wanted = given.filter()

    def lines() -> Iterator[str]:
        with app.reading() as session:
            yield from csv_lines(session, wanted=wanted)

    head = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=head)
