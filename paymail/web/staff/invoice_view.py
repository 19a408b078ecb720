"""The page of one invoice, as every form on it shows it again."""

from collections.abc import Callable, Mapping
from datetime import datetime

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field
from sqlalchemy.orm import Session

from paymail.emails import Tone
from paymail.errors import PaymailError
from paymail.models import HoldReason, Invoice, Issuer
from paymail.money import why_not
from paymail.services.access.staff import Visitor
from paymail.services.core import invoices
from paymail.services.core.calendar import BusinessCalendar, calendar_of
from paymail.services.core.history import history
from paymail.services.core.online_payment import online_obstacle
from paymail.services.core.tax_invoices import missing_abn
from paymail.services.customers import objections
from paymail.services.forecast.explanation import explain
from paymail.services.ledger import awaited_payments
from paymail.services.letters import issued_versions
from paymail.services.links import pay_links
from paymail.services.lists import lookup, message_pages
from paymail.services.lists.message_pages import Wanted
from paymail.services.reminders import by_hand, customer_holds, holds
from paymail.services.sending import invoice_emails
from paymail.web.http.inputs import LARGEST_ID
from paymail.web.staff import money_view, plan_view
from paymail.web.staff.form_actions import Refusal, Sequence, StaffForm, Text, WhenForm, act
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

SHOWN_EVENTS = 200


class SendForm(WhenForm):
    """Send the invoice email."""

    sequence: Sequence


class HoldForm(StaffForm):
    """Let reminders wait."""

    reason: Text = HoldReason.PROMISED.value
    until: Text = ""
    note: Text = ""


class RemindForm(StaffForm):
    """Send a reminder now."""

    tone: Text = ""
    """Empty: as the ladder speaks today."""
    sequence: Sequence


class OverrideForm(StaffForm):
    """Reminders of an invoice or a customer, other than the issuer's."""

    reminders: Text = "on"
    ladder: Text = ""


class AnswerForm(StaffForm):
    """Close what the customer says is wrong, with an answer or without one."""

    objection: int = Field(0, ge=0, le=LARGEST_ID)
    answer: str = Field("", max_length=4000)


class CopyForm(StaffForm):
    """Send a copy to one further address."""

    to: Text = ""
    payment: int = Field(0, ge=0, le=LARGEST_ID)
    """Whose receipt; 0: the invoice."""


def calendar_or_none(issuer: Issuer) -> BusinessCalendar | None:
    """Return the issuer's calendar; None where a setting is broken, so that the page still shows."""
    try:
        return calendar_of(issuer)
    except PaymailError:
        return None


def invoice_page(
    app: App,
    request: Request,
    visitor: Visitor,
    invoice_id: int,
    refusal: Refusal | None = None,
    kept: Mapping[str, StaffForm] | None = None,
    show_link: bool = False,
) -> HTMLResponse:
    """Answer with the page; `kept` are the forms that were refused, so that nothing typed is lost.

    The secret pay link is in it only with `show_link`: when somebody asked for it.
    """
    with app.reading() as session:
        now = app.now()
        invoice = lookup.invoice(session, invoice_id=invoice_id)
        money = money_view.money_block(session, invoice_id=invoice_id)
        plan = plan_view.plan_block(invoice, now)
        forms = _forms(session, invoice) | money_view.money_forms(money, now) | plan_view.plan_forms(plan)
        context = {
            **_facts(session, invoice, now),
            "visitor": visitor,
            "pay_link": invoices.payment_url(app.settings.public_url, invoice) if show_link else "",
            "money": money,
            "versions": issued_versions.versions_of(session, invoice_id=invoice_id),
            "plan": plan,
            "forms": forms | dict(kept or {}),
            "refusal": refusal,
            "refused_form": next(iter(kept or {}), ""),
        }
    return PAGES.TemplateResponse(request, "invoice.html", context, refusal.status if refusal else 200)


def _facts(session: Session, invoice: Invoice, now: datetime) -> dict[str, object]:
    """Return what the page says of an invoice beside its money and its plan."""
    invoice_id = invoice.invoice_id
    calendar = calendar_or_none(invoice.issuer)
    events = history(session, invoice_id=invoice_id)
    return {
        "invoice": invoice,
        "missing": missing_abn(invoice),
        "not_online": why_not(obstacle, invoice.currency) if (obstacle := online_obstacle(invoice)) else "",
        "zone": invoice.issuer.timezone,
        "morning": calendar.next_morning(now) if calendar else None,
        "found": message_pages.messages(session, wanted=Wanted(invoice_id=invoice_id)),
        "link_ended": pay_links.ended(invoice, now=now),
        "fingerprint": pay_links.fingerprint(invoice) if invoice.payment_token else "",
        "events": events[-SHOWN_EVENTS:],
        "older": max(len(events) - SHOWN_EVENTS, 0),
        "awaited": awaited_payments.awaited(session, invoice_id=invoice_id),
        "explained": explain(session, invoice_id=invoice_id, now=now),
        "holds": holds.in_force(session, invoice_ids=[invoice_id], now=now),
        "customer_held": customer_holds.is_held(invoice.customer, now),
        "hold_reasons": list(HoldReason),
        "objections": objections.objections(session, invoice_id=invoice_id),
        "objection_reasons": objections.REASONS,
        "tones": list(Tone),
        "fitting_tones": by_hand.fitting_tones(invoice, now),
    }


def _forms(session: Session, invoice: Invoice) -> dict[str, StaffForm]:
    """Return the forms about emails and reminders as they are shown first."""
    invoice_id = invoice.invoice_id
    return {
        "send": SendForm(sequence=invoice_emails.next_sequence(session, invoice_id=invoice_id)),
        "hold": HoldForm(),
        "answer": AnswerForm(),
        "copy_to": CopyForm(),
        "remind": RemindForm(sequence=by_hand.next_sequence(session, invoice_id=invoice_id)),
        "invoice": _override(invoice.reminders_off, invoice.ladder),
        "customer": _override(invoice.customer.reminders_off, invoice.customer.ladder),
    }


def _override(off: bool, ladder: str) -> OverrideForm:
    return OverrideForm(reminders="off" if off else "on", ladder=ladder)


def answer_form(
    app: App,
    request: Request,
    visitor: Visitor,
    invoice_id: int,
    form: StaffForm,
    do: Callable[[Session, datetime], object],
    *,
    block: str,
    name: str = "",
) -> Response:
    """Make the change that a form of the page asks for, and answer: back to the block of the page that it
    stands in, or the page with the refusal. What was typed into a form that has a `name` is kept."""
    if refusal := act(app, visitor, form, do):
        return invoice_page(app, request, visitor, invoice_id, refusal, {name: form} if name else None)
    return RedirectResponse(f"/staff/invoices/{invoice_id}#{block}", 303)
