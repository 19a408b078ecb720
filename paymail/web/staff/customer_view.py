"""The page of one customer, as every form on it shows it again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from paymail.i18n import LANGUAGES
from paymail.models import Contact, ContactRole, Customer, HoldReason, Issuer
from paymail.services.access.staff import Visitor
from paymail.services.core import customer_history
from paymail.services.core.invoices import local_date
from paymail.services.customers import (
    addresses,
    contacts,
    merger,
    objections,
    saved_methods,
    statement_emails,
)
from paymail.services.letters import statements
from paymail.services.letters.kind import Group
from paymail.services.lists import customer_account, customer_sums
from paymail.services.lists.customer_account import Said
from paymail.services.outbox import suppressions
from paymail.services.reminders import customer_holds
from paymail.web.staff import flash
from paymail.web.staff.form_actions import StaffForm, Text
from paymail.web.staff.invoice_rows import rows_of
from paymail.web.staff.local_time import clock_of
from paymail.web.staff.message_words import STATE_BADGES
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

MOST_INVOICES, MOST_EMAILS, MOST_WORDS, MOST_EVENTS = 50, 15, 15, 25
A_YEAR = timedelta(days=365)
FIELD_WORDS = {"tax_id": "Tax ID", "hold": "Hold of all reminders", "locale": "Language"}
"""Where the name of the column does not say it."""


class DetailsForm(StaffForm):
    """What documents say of the buyer."""

    name: Text = ""
    attention: Text = ""
    address: Text = ""
    country: Text = ""
    tax_id: Text = ""


class RemindersForm(StaffForm):
    """All reminders of a customer: `on`, `held` until the end of a day for a reason, or `off`."""

    reminders: Text = "on"
    reason: Text = ""
    until: Text = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a customer, or to an invoice of it."""

    at: datetime
    what: str
    actor: str
    detail: str
    invoice_id: int | None = None
    number: str = ""


def shown(
    app: App,
    request: Request,
    visitor: Visitor,
    customer_id: int,
    problem: str = "",
    status: int = 200,
    kept: StaffForm | None = None,
) -> HTMLResponse:
    """Return the page of a customer, with what went wrong. Raises NoSuchCustomer.

    `kept` is the form that was refused, so that nothing typed is lost.
    """
    now = app.now()
    with app.reading() as session:
        customer = addresses.customer(session, customer_id=customer_id)
        issuer = session.get_one(Issuer, customer.issuer_id)
        context = {
            **_account(session, customer, issuer, now),
            **_people(session, customer),
            **_words(session, customer, now),
            "visitor": visitor,
            "now": now,
            "customer": customer,
            "issuer": issuer,
            "zone": issuer.timezone,
            "home": request.state.shell.home,
            "saved": saved_methods.current(session, customer_id=customer_id, account=issuer.stripe_account),
            "removing": saved_methods.unfinished(session, customer_id=customer_id),
            "namesakes": merger.namesakes(session, customer=customer),
            "problem": problem,
            "flash": "" if problem else flash.said(request),
            "details": kept if isinstance(kept, DetailsForm) else _details(customer),
            "reminders": kept if isinstance(kept, RemindersForm) else _reminders(customer, issuer, now),
            "refused": type(kept).__name__ if kept else "",
        }
    return PAGES.TemplateResponse(request, "customer.html", context, status)


def _account(session: Session, customer: Customer, issuer: Issuer, now: datetime) -> dict[str, object]:
    """Return what the customer owes and paid, the home currency first. Nine statements."""
    own = customer.customer_id
    owed = customer_sums.owed_by(session, customer_ids=[own], now=now, issuers=[issuer]).get(own, [])
    found = customer_account.open_invoices(session, customer_id=own, limit=MOST_INVOICES)
    return {
        "owed": sorted(owed, key=lambda one: one.balance.currency != issuer.currency),
        "days_late": customer_sums.days_late(session, customer_ids=[own], issuers=[issuer], now=now).get(own),
        "today": local_date(issuer, now),
        "paid": customer_account.paid_since(session, customer_id=own, issuer=issuer, since=now - A_YEAR),
        "rows": rows_of(session, found, now),
        "statements": statements.currencies(session, customer_id=own, now=now),
        "statement_emails": statement_emails.sent_to(session, customer_id=own),
    }


def _people(session: Session, customer: Customer) -> dict[str, object]:
    """Return who gets which emails, and the last ones. Three statements."""
    known = contacts.listed(session, customer_id=customer.customer_id)
    blocked = suppressions.among(session, addresses=[customer.email, *(one.email for one in known)])
    return {
        "contacts": known,
        "suppressed": suppressions.normalised(customer.email) in blocked,
        "left_out": _blocked(known, blocked),
        "groups_of": contacts.groups_of,
        "groups": list(Group),
        "roles": list(ContactRole),
        "languages": LANGUAGES,
        "emails": customer_account.emails_to(session, customer_id=customer.customer_id, limit=MOST_EMAILS),
        "badges": STATE_BADGES,
    }


def _blocked(known: Iterable[Contact], blocked: Iterable[str]) -> set[str]:
    found = set(blocked)
    return {one.email for one in known if suppressions.normalised(one.email) in found}


def _words(session: Session, customer: Customer, now: datetime) -> dict[str, object]:
    """Return what the customer said, what holds, and what happened. Five statements."""
    own = customer.customer_id
    said = customer_account.said_by(session, customer_id=own, limit=MOST_WORDS)
    return {
        "said": [(one, _standing(one, now)) for one in said],
        "objections": customer_account.objections_of(session, customer_id=own, limit=MOST_WORDS),
        "objection_words": objections.REASONS,
        "holds": customer_account.held_by(session, customer_id=own, now=now, limit=MOST_WORDS),
        "held": customer_holds.is_held(customer, now),
        "timeline": _timeline(session, own),
    }


def _standing(said: Said, now: datetime) -> tuple[str, str]:
    """Return the tone and word of a promise or of word that an invoice is paid, as it stands now."""
    hold = said.hold
    if not said.owed:
        return "good", "Paid"
    if hold.lifted_at is not None:
        return "still", "Replaced" if hold.ended == "replaced" else "Released"
    over = hold.until is not None and hold.until <= now
    if hold.reason is HoldReason.PROMISED:
        return ("warn", "Promise broken") if over else ("info", "Promised")
    return "warn", "Still owed" if over else "Says paid"


def _timeline(session: Session, customer_id: int) -> list[Entry]:
    """Return what happened last to a customer and its invoices, newest first."""
    changed = customer_history.changes_of(session, customer_id=customer_id, limit=MOST_EVENTS)
    entries = [
        Entry(
            one.at,
            f"{FIELD_WORDS.get(one.field, one.field.capitalize())} changed",
            one.actor,
            _change(one.old, one.new),
        )
        for one in changed
    ]
    for event, number in customer_account.events_of(session, customer_id=customer_id, limit=MOST_EVENTS):
        what = event.kind.replace("_", " ").capitalize()
        entries.append(Entry(event.at, what, event.actor, event.detail, event.invoice_id, number))
    return sorted(entries, key=lambda one: one.at, reverse=True)[:MOST_EVENTS]


def _change(old: str, new: str) -> str:
    before, after = (" ".join(text.split()) or "nothing" for text in (old, new))
    return f"from {before} to {after}"


def _details(customer: Customer) -> DetailsForm:
    return DetailsForm(
        name=customer.name,
        attention=customer.attention,
        address=customer.address,
        country=customer.country,
        tax_id=customer.tax_id,
    )


def _reminders(customer: Customer, issuer: Issuer, now: datetime) -> RemindersForm:
    held = customer_holds.is_held(customer, now)
    state = "off" if customer.reminders_off else "held" if held else "on"
    until = customer.held_until if held else None
    last = (until - timedelta(seconds=1)).astimezone(clock_of(issuer.timezone)).date() if until else ""
    return RemindersForm(reminders=state, reason=customer.held_reason if held else "", until=str(last))


def recipients(session: Session, customer: Customer) -> Iterator[tuple[str, str, bool]]:
    """Yield who gets a customer's statement: the address, its role, and whether it is on the block list."""
    known = contacts.listed(session, customer_id=customer.customer_id)
    named = [(customer.email, ContactRole.TO), *((one.email, one.role) for one in known if one.invoices)]
    blocked = suppressions.among(session, addresses=[email for email, _role in named])
    for email, role in named:
        yield email, role, suppressions.normalised(email) in blocked
