"""The page of one invoice, as every form on it shows it again."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field
from sqlalchemy.orm import Session

from paymail.emails import Tone
from paymail.errors import PaymailError
from paymail.models import HoldReason, Invoice, InvoiceStatus, Issuer, Objection, RefundStatus
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
from paymail.services.lists import invoice_pages, lookup, message_pages
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.message_pages import Wanted
from paymail.services.lists.payment_state import PaymentState
from paymail.services.reminders import by_hand, customer_holds, holds
from paymail.services.sending import invoice_emails
from paymail.web.http.inputs import LARGEST_ID
from paymail.web.staff import flash, hold_words, invoice_next, money_view, plan_view
from paymail.web.staff.form_actions import Refusal, Sequence, StaffForm, Text, WhenForm, act
from paymail.web.staff.invoice_standing import Standing, standing_of
from paymail.web.staff.invoice_timeline import timeline
from paymail.web.staff.invoice_track import track
from paymail.web.staff.invoice_undo import undo_of
from paymail.web.staff.message_rows import message_rows
from paymail.web.staff.pages import PAGES
from paymail.wiring import App


class SendForm(WhenForm):
    """Send the invoice email."""

    sequence: Sequence


class CorrectForm(StaffForm):
    """Give the customer the right address, and send the invoice email there."""

    address: Text = ""
    was: Text = ""
    """The address that the page showed: a page of before corrects nothing that somebody else has since."""
    sequence: Sequence


class HoldForm(StaffForm):
    """Let reminders wait."""

    reason: Text = HoldReason.STAFF.value
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
            **_facts(session, invoice, money, now, request.state.shell.home),
            **_emails(session, invoice),
            "visitor": visitor,
            "flash": "" if refusal else flash.said(request),
            "undo": undo_of(session, request, invoice, now),
            "pay_link": invoices.payment_url(app.settings.public_url, invoice) if show_link else "",
            "money": money,
            "plan": plan,
            "forms": forms | dict(kept or {}),
            "refusal": refusal,
            "refused_form": next(iter(kept or {}), ""),
            "now": now,
        }
    return PAGES.TemplateResponse(request, "invoice.html", context, refusal.status if refusal else 200)


def _facts(
    session: Session, invoice: Invoice, money: money_view.MoneyBlock, now: datetime, home: str
) -> dict[str, object]:
    """Return what the page says of an invoice beside its money, its plan and its emails."""
    proposed = any(one.status is RefundStatus.PROPOSED for one in money.account.refunds)
    invoice_id = invoice.invoice_id
    calendar = calendar_or_none(invoice.issuer)
    said = objections.objections(session, invoice_id=invoice_id)
    standing = standing_of(session, invoice, now)
    return {
        "home": home,
        "invoice": invoice,
        "standing": standing,
        "steps": track(standing, home),
        "not_online": why_not(obstacle, invoice.currency) if (obstacle := online_obstacle(invoice)) else "",
        "zone": invoice.issuer.timezone,
        "morning": calendar.next_morning(now) if calendar else None,
        "link_ended": pay_links.ended(invoice, now=now),
        "fingerprint": pay_links.fingerprint(invoice) if invoice.payment_token else "",
        "history": timeline(history(session, invoice_id=invoice_id), by_hand=invoice.import_id is None),
        "owes": _owes(session, invoice, now),
        "customer_held": customer_holds.is_held(invoice.customer, now),
        "hold_words": hold_words.WORDS,
        "hold_reasons": hold_words.CHOSEN,
        "objections": said,
        "objection_reasons": objections.REASONS,
        "tones": list(Tone),
        "fitting_tones": by_hand.fitting_tones(invoice, now),
        **_next(session, standing, said, proposed, now),
    }


def _next(
    session: Session, standing: Standing, said: Iterable[Objection], proposed: bool, now: datetime
) -> dict[str, object]:
    """Return what happens next, and what that depends on."""
    invoice_id = standing.invoice.invoice_id
    facts = invoice_next.Facts(
        standing=standing,
        missing=missing_abn(standing.invoice),
        explained=explain(session, invoice_id=invoice_id, now=now),
        awaited=awaited_payments.awaited(session, invoice_id=invoice_id),
        holds=holds.in_force(session, invoice_ids=[invoice_id], now=now),
        objection=next((one for one in said if one.closed_at is None), None),
        proposed=proposed,
    )
    return {
        "next": invoice_next.next_of(facts),
        "missing": facts.missing,
        "explained": facts.explained,
        "awaited": facts.awaited,
        "holds": facts.holds,
    }


def _emails(session: Session, invoice: Invoice) -> dict[str, object]:
    found = message_pages.messages(session, wanted=Wanted(invoice_id=invoice.invoice_id, said_of_it=True))
    return {
        "found": found,
        "emails": message_rows(session, [row.message for row in found.rows]),
        "versions": issued_versions.versions_of(session, invoice_id=invoice.invoice_id),
        "can_email": (invoice.balance or not invoice.total) and invoice.status is not InvoiceStatus.VOID,
    }


def _owes(session: Session, invoice: Invoice, now: datetime) -> list[invoice_pages.CurrencySum]:
    """Return what the customer owes in all."""
    wanted = InvoiceFilter(customer=str(invoice.customer_id), payment=(PaymentState.OWED,))
    return invoice_pages.sums(session, wanted=wanted, now=now)


def _forms(session: Session, invoice: Invoice) -> dict[str, StaffForm]:
    """Return the forms about emails and reminders as they are shown first."""
    invoice_id = invoice.invoice_id
    following = invoice_emails.next_sequence(session, invoice_id=invoice_id)
    return {
        "send": SendForm(sequence=following),
        "correct": CorrectForm(sequence=following),
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
    did: str | Callable[[], str],
    name: str = "",
    of: Iterable[int] = (),
) -> Response:
    """Make the change that a form of the page asks for, and answer: the page says that it is done (`did` is
    one of FLASHES, or returns one), or why not. What was typed into a form that has a `name` is kept. `of` is
    the id of the row that it made or ended, if the page shall offer to take it back."""
    if refusal := act(app, visitor, form, do):
        return invoice_page(app, request, visitor, invoice_id, refusal, {name: form} if name else None)
    said = did if isinstance(did, str) else did()
    return flash.back_to(f"/staff/invoices/{invoice_id}", said, *of)
