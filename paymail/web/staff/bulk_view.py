"""What the bulk pages show: choosing a filter, and where a bulk send stands."""

from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.errors import InvalidInput
from paymail.models import BulkState, Issuer, MessageState, PaymentStatus
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import all_issuers
from paymail.services.outbox import gates
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from paymail.web.staff.form_actions import IssuerId, Refusal, Text, WhenForm, day_of
from paymail.web.staff.invoice_view import calendar_or_none
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

RequestKey = Annotated[Text, Field(min_length=8, max_length=80)]
FAILED = (MessageState.FAILED, MessageState.BOUNCED, MessageState.CANCELLED)


class NoFilter(InvalidInput):
    """A bulk send of everything is not started by leaving all fields empty."""

    code = "no_filter"


class FilterQuery(BaseModel):
    """The filter as it was typed."""

    payment_status: Text = ""
    currency: Text = ""
    customer: Text = ""
    due_before: Text = ""


class StartForm(WhenForm):
    """Start a bulk send of the filter. `request_key` makes a double click one bulk send."""

    payment_status: Text = ""
    currency: Text = ""
    customer: Text = ""
    due_before: Text = ""
    issuer: IssuerId = ""
    rate: Text = ""
    again: Text = ""
    request_key: RequestKey


def selection_of(query: FilterQuery | StartForm) -> Selection:
    """Return the filter. Raises NoFilter, BadTime."""
    if not (query.payment_status or query.currency or query.customer or query.due_before):
        raise NoFilter("choose at least one filter, such as the payment status")
    if query.payment_status and query.payment_status not in set(PaymentStatus):
        raise NoFilter(f"{query.payment_status[:20]!r} is not a payment status")
    return Selection(
        payment_status=PaymentStatus(query.payment_status) if query.payment_status else None,
        currency=query.currency.upper(),
        customer=query.customer,
        due_before=day_of(query.due_before),
    )


def choosing_page(
    app: App,
    request: Request,
    visitor: Visitor,
    form: StartForm,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    """Answer with the filter, what it matches now, and the form that starts it."""
    with app.reading() as session:
        issuers = all_issuers(session)
        issuer = next((one for one in issuers if str(one.issuer_id) == form.issuer), None)
        issuer = issuer or next(iter(issuers), None)
        calendar = calendar_or_none(issuer) if issuer else None
        context = {
            "visitor": visitor,
            "form": form,
            "query": form,
            "foresight": _foresight(session, form),
            "issuers": issuers,
            "issuer": issuer,
            "zone": issuer.timezone if issuer else "UTC",
            "morning": calendar.next_morning(app.now()) if calendar else None,
            "presets": gates.PRESETS,
            "sender_rate": _sender_rate(app, issuer),
            "refusal": refusal,
        }
    return PAGES.TemplateResponse(request, "bulk_new.html", context, refusal.status if refusal else 200)


def _foresight(session: Session, form: StartForm) -> bulk.Foresight | None:
    try:
        return bulk.foresee(session, selection=selection_of(form))
    except InvalidInput:
        return None


def _sender_rate(app: App, issuer: Issuer | None) -> int:
    try:
        return gates.rate_of(issuer.sender_rate if issuer else "") or app.sender_rate
    except InvalidInput:
        return app.sender_rate


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
    context = {
        "visitor": visitor,
        "found": found,
        "bulk": found.bulk,
        "selection": Selection.from_json(found.bulk.selection),
        "zone": issuers[0].timezone if issuers else "UTC",
        "failed": sum(found.counts.get(state.value, 0) for state in FAILED),
        "can_pause": found.name == BulkState.RUNNING,
        "can_resume": found.name == BulkState.PAUSED,
        "can_cancel": found.name in (BulkState.RUNNING, BulkState.PAUSED),
        "request_key": new_id(),
        "refusal": refusal,
    }
    return PAGES.TemplateResponse(request, "bulk.html", context, refusal.status if refusal else 200)
