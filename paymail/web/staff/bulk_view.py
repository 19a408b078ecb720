"""What the bulk pages show: what a send would reach, company by company, and where one stands."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.errors import InvalidInput
from paymail.models import BulkState, MessageState
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import all_issuers
from paymail.services.lists import invoice_pages
from paymail.services.lists.id_digest import id_digest
from paymail.services.lists.invoice_filter import InvoiceFilter, from_text
from paymail.services.lists.overdue_age import Age
from paymail.services.outbox import gates
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from paymail.web.http.inputs import FilterText
from paymail.web.staff import flash
from paymail.web.staff.form_actions import Refusal, Text, WhenForm
from paymail.web.staff.invoice_view import calendar_or_none
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

RequestKey = Annotated[Text, Field(min_length=8, max_length=64)]
FAILED = (MessageState.FAILED, MessageState.BOUNCED, MessageState.CANCELLED)


class NoFilter(InvalidInput):
    """A bulk send of everything is not started by leaving all fields empty."""

    code = "no_filter"


class StartForm(WhenForm):
    """Start a bulk send of the filter, one per company. `request_key` makes a double click one of each."""

    filter: FilterText = ""
    shown: Text | None = None
    """The digest of those that the page showed; others were confirmed by nobody."""
    selected: Text = ""
    """Whether somebody picked them in the list, and so wants to know which of them are left out."""
    rate: Text = ""
    again: Text = ""
    request_key: RequestKey


def selection_of(session: Session, text: str, now: datetime) -> Selection:
    """Return the filter as a bulk send keeps it. Raises NoFilter, BadFilter."""
    if not from_text(text).query:
        raise NoFilter("choose at least one filter, or pick invoices in the list")
    return bulk.fixed(session, Selection(filter=text), now)


def shown_of(session: Session, selection: Selection) -> str:
    """Return the digest of what a selection matches."""
    return id_digest(session.scalars(bulk.matching(session, selection)))


def choosing_page(
    app: App,
    request: Request,
    visitor: Visitor,
    form: StartForm,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    """Answer with what the filter matches now, per company, and the form that starts it."""
    now = app.now()
    context = {"visitor": visitor, "form": form, "refusal": refusal, "presets": gates.PRESETS, "shares": ()}
    with app.reading() as session:
        try:
            context |= _reached(session, from_text(form.filter), selection_of(session, form.filter, now), now)
        except InvalidInput as error:
            context["refusal"] = refusal or Refusal(str(error), 422, error.code)
        shares: list[bulk.IssuerShare] = context["shares"]  # type: ignore[assignment]
        first = shares[0].issuer if shares else None
        calendar = calendar_or_none(first) if first else None
        context |= {
            "zone": first.timezone if first else "UTC",
            "home": first.currency if first else "AUD",
            "morning": calendar.next_morning(now) if calendar and len(shares) == 1 else None,
            "several": len(shares) > 1,
        }
    shown = context["refusal"]
    return PAGES.TemplateResponse(request, "bulk_new.html", context, shown.status if shown else 200)  # type: ignore[attr-defined]


def _reached(
    session: Session, wanted: InvoiceFilter, selection: Selection, now: datetime
) -> dict[str, object]:
    shares = bulk.shares(session, selection=selection)
    total = sum(one.total for one in shares)
    late = replace(wanted, overdue=(Age.ANY,))
    return {
        "shares": shares,
        "total": total,
        "shown": shown_of(session, selection),
        "already": sum(one.already for one in shares),
        "found": invoice_pages.count(session, wanted=wanted, now=now),
        "overdue": 0 if wanted.overdue else invoice_pages.count(session, wanted=late, now=now),
        "late": late.query,
        "first": bulk.first_of(session, selection=selection),
    }


def bulk_page(
    app: App,
    request: Request,
    visitor: Visitor,
    bulk_id: int,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    """Answer with the page of one bulk send. Raises NoSuchBulk."""
    with app.reading() as session:
        found = bulk.progress(session, bulk_id=bulk_id, now=app.now(), default_rate=app.sender_rate)
        issuers = all_issuers(session)
    selection = Selection.from_json(found.bulk.selection)
    issuer = next((one for one in issuers if one.issuer_id == company_of(found)), None)
    zone = issuer or next(iter(issuers), None)
    context = {
        "visitor": visitor,
        "found": found,
        "bulk": found.bulk,
        "selection": selection,
        "issuer": issuer,
        "zone": zone.timezone if zone else "UTC",
        "failed": sum(found.counts.get(state.value, 0) for state in FAILED),
        "can_pause": found.name == BulkState.RUNNING,
        "can_resume": found.name == BulkState.PAUSED,
        "can_cancel": found.name in (BulkState.RUNNING, BulkState.PAUSED),
        "request_key": new_id(),
        "refusal": refusal,
        "flash": "" if refusal else flash.said(request),
        "undo": _undo(request, found.name, bulk_id),
    }
    return PAGES.TemplateResponse(request, "bulk.html", context, refusal.status if refusal else 200)


def _undo(request: Request, state: str, bulk_id: int) -> flash.Undo | None:
    """Return how to take a pause or its end back, while the batch still stands so."""
    for did, now, back in (("pause", BulkState.PAUSED, "resume"), ("resume", BulkState.RUNNING, "pause")):
        if flash.did(request, did) is not None and state == now:
            return flash.Undo(f"/staff/bulk/{bulk_id}/{back}", {})
    return None


def company_of(found: bulk.Progress) -> int | None:
    """Return the one company whose invoices a bulk send emails; None: of several, or it does not say."""
    text = Selection.from_json(found.bulk.selection).filter
    named = from_text(text).company if text else ()
    return named[0] if len(named) == 1 else None
