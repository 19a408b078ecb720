"""The page of an act on many invoices: what it would be done to, and afterwards what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.models import Invoice
from paymail.services.access.staff import Visitor
from paymail.services.core.each_invoice import Outcome
from paymail.services.lists import issuer_sums
from paymail.services.lists.id_digest import id_digest
from paymail.services.lists.invoice_filter import from_text
from paymail.services.reminders.held_back import held_back
from paymail.web.http.inputs import LARGEST_ID, FilterText
from paymail.web.staff.form_actions import Refusal, StaffForm, Text
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
LOOKED_AT = 1000
"""Of how many it is counted beforehand which are not reminded: the page is answered at once."""


class Verb(StrEnum):
    """What is done to each of the invoices."""

    REMIND = "remind"
    HOLD = "hold"
    VOID = "void"


class ActForm(StaffForm):
    """Do it to the next of the invoices that the page showed."""

    filter: FilterText = ""
    shown_at: Text = ""
    """When the page counted (UTC): ages mean what they meant then."""
    began: Text = ""
    """When the first page was made (UTC): what was asked for since then, an earlier press asked for."""
    shown: Text = ""
    """The digest of those that the page showed or left for later; others were confirmed by nobody."""
    after: Id = 0
    reason: Text = ""
    until: Text = ""
    sure: Text = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of some of them, and whether there are more."""

    outcome: Outcome
    more: bool


TITLES = {
    Verb.REMIND: ("Remind", "Reminded", "A reminder for each goes out at once, whatever the ladder says."),
    Verb.HOLD: ("Hold the reminders of", "Held", "No reminder goes out until the hold ends or is released."),
    Verb.VOID: (
        "Void",
        "Voided",
        (
            "They can never be paid, reminded or sent again, which cannot be undone. With money it is "
            "refused. Whoever was emailed about one is told by email that it is cancelled."
        ),
    ),
}
"""The question, what is said of those that are done, and what it means."""


def acts_page(
    app: App,
    request: Request,
    visitor: Visitor,
    verb: Verb,
    form: ActForm,
    *,
    refusal: Refusal | None = None,
    report: Report | None = None,
) -> HTMLResponse:
    """Answer with what the filter finds, per company, or with what became of it."""
    ask, done, means = TITLES[verb]
    context = {
        "visitor": visitor, "verb": verb, "form": form, "refusal": refusal, "report": report,
        "ask": ask, "done": done, "means": means, "parts": [], "first": [], "names": {},
        "held": 0, "looked_at": LOOKED_AT,
    }  # fmt: skip
    with app.reading() as session:
        if report is None:
            context |= _found(session, verb, form, app.now())
        else:
            ids = [one.invoice_id for one in report.outcome.refused]
            found = session.execute(
                select(Invoice.invoice_id, Invoice.number).where(Invoice.invoice_id.in_(ids))
            )
            context["names"] = {row.invoice_id: row.number for row in found}
    return PAGES.TemplateResponse(request, "acts.html", context, refusal.status if refusal else 200)


def _found(session: Session, verb: Verb, form: ActForm, now: datetime) -> dict[str, object]:
    """Return what the filter finds now, and note in the form that it was shown."""
    try:
        wanted = from_text(form.filter) if form.filter else None
    except InvalidInput:
        wanted = None
    if wanted is None:
        return {}
    ids = issuer_sums.ids_of(session, wanted=wanted, now=now, after=form.after)
    form.shown_at, form.shown = now.isoformat(), id_digest(ids)
    some = ids[:LOOKED_AT] if verb is Verb.REMIND else []
    return {
        "parts": issuer_sums.by_issuer(session, wanted=wanted, now=now, after=form.after),
        "first": issuer_sums.first_of(session, wanted=wanted, now=now, after=form.after),
        "held": len(held_back(session, invoice_ids=some, now=now)),
    }
