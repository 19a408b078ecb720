"""What the pages of companies show: the list with its problems, and one company."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import colours
from paymail.i18n import LANGUAGES
from paymail.models import BankChange, BankChangeState, Issuer
from paymail.ports.findings import Verdict
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import all_issuers, find_issuer
from paymail.services.core.logos import logo_path
from paymail.services.core.tax_invoices import has_valid_abn, lacks_abn
from paymail.services.issuers import bank_changes, setting_history
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.services.issuers.overtaken import Overtaken
from paymail.services.issuers.sender_checks import SenderCheck, last_check
from paymail.services.issuers.setting_names import NAMES
from paymail.services.letters.unsaved import TEMPLATES
from paymail.web.staff.company_form import CompanyForm, as_seen, seen_of, texts_of
from paymail.web.staff.issuer_settings_form import zones
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

SENDER_BADGES = {
    Verdict.OK: ("good", "Right"),
    Verdict.WARNING: ("warn", "Needs a look"),
    Verdict.FAILED: ("bad", "Wrong"),
    Verdict.NOT_ASKED: ("hollow", "Not known"),
}
WORDS = {
    "page": "Pay page",
    "pdf": "Invoice PDF",
    "invoice": "Invoice email",
    "reminder_upcoming": "Reminder: coming up",
    "reminder_due": "Reminder: due today",
    "reminder_friendly": "Reminder: friendly",
    "reminder_firm": "Reminder: firm",
    "reminder_final": "Reminder: final",
    "link": "New pay link",
    "plan": "Payment plan",
    "void": "Invoice cancelled",
    "answer": "Answer to an objection",
}
KINDS = WORDS | {name: name.replace("_", " ").capitalize() for name in TEMPLATES if name not in WORDS}
"""What can be previewed, in words."""
LATEST = 8
"""Changes that the page itself shows."""
DONE = {
    "saved": "Saved.",
    "bank": "Saved. Customers see the new bank details when the 48 hours have passed.",
    "bank_now": "Saved. Customers see the bank details from now on.",
    "bank_same": "Nothing was changed: the bank details, or the change that waits, say so already.",
    "cancelled": "The change was stopped. Customers keep seeing the present bank details.",
    "confirmed": "The new bank details apply now. Customers see them at once.",
    "checked": "DNS was asked.",
    "connected": "The Stripe account is connected. All staff were told.",
    "connected_first": "The Stripe account is connected.",
    "added": "The company was added. Next: its bank details, logo and sender.",
}


BANK_DONE = {
    BankChangeState.WAITING: "bank",
    BankChangeState.APPLIED: "bank_now",
    BankChangeState.CANCELLED: "cancelled",
}
"""What is said of what became of asking for other bank details."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a company lacks, and where on its page it is mended."""

    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """One company of the list."""

    issuer: Issuer
    abn: bool
    check: SenderCheck | None
    asked: BankChange | None
    problems: tuple[Problem, ...]

    @property
    def banked(self) -> bool:
        """Whether customers can transfer."""
        return bool(self.issuer.bank_number or self.issuer.bank_payid or self.issuer.bank_iban)


def rows(session: Session) -> list[CompanyRow]:
    """Return every company, the oldest first. Two statements."""
    waiting = select(BankChange).where(BankChange.state == BankChangeState.WAITING)
    asked = {one.issuer_id: one for one in session.scalars(waiting)}
    return [row_of(issuer, asked.get(issuer.issuer_id)) for issuer in all_issuers(session)]


def row_of(issuer: Issuer, asked: BankChange | None) -> CompanyRow:
    """Return what the list says of a company."""
    check = last_check(issuer)
    return CompanyRow(issuer, has_valid_abn(issuer), check, asked, tuple(_problems(issuer, check, asked)))


def _problems(issuer: Issuer, check: SenderCheck | None, asked: BankChange | None) -> Iterator[Problem]:
    if lacks_abn(issuer):
        yield Problem("No valid ABN: invoices with GST cannot be emailed", "identity")
    if asked:
        yield Problem("A change of the bank details waits", "bank")
    elif not (issuer.bank_number or issuer.bank_payid or issuer.bank_iban):
        yield Problem("No bank details: customers cannot pay by transfer", "bank")
    if not issuer.stripe_account:
        yield Problem("No Stripe account: customers cannot pay online", "stripe")
    if check and check.verdict in (Verdict.FAILED, Verdict.WARNING):
        yield Problem(f"The DNS of {check.domain} needs a look: emails may go to spam", "sender")


def list_page(app: App, request: Request, visitor: Visitor) -> HTMLResponse:
    """Return the list of companies."""
    with app.reading() as session:
        context = {"visitor": visitor, "rows": rows(session), "badges": SENDER_BADGES}
    return PAGES.TemplateResponse(request, "companies.html", context)


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says beside its fields: faults by field, a notice, and the status of the answer."""

    faults: Mapping[str, str]
    notice: str
    status: int


NOTHING = Told({}, "", 200)


def told_of(error: Overtaken) -> Told:
    """Return what is said to who was overtaken: who changed what, field by field."""
    faults = {
        name: (
            f"Changed to “{by[1] or 'nothing'}” by {by[0]} since you opened the page. To replace that,"
            " save again"
            if by
            else "Changed by somebody else since you opened the page. To replace that, save again"
        )
        for name, by in error.by.items()
    }
    return Told(faults, "Nothing was saved: somebody else changed the same fields meanwhile.", 409)


def company_page(
    app: App,
    request: Request,
    visitor: Visitor,
    issuer_id: int,
    form: CompanyForm | None = None,
    told: Told = NOTHING,
) -> HTMLResponse:
    """Return the page of a company, with what was typed and what is wrong with it. Raises NoSuchIssuer."""
    with app.reading() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        asked = bank_changes.waiting(session, issuer_id=issuer_id)
        changes = setting_history.changes_of(session, issuer_id=issuer_id, limit=LATEST)
    stored, bank = texts_of(issuer), {name: getattr(issuer, name) for name in BANK_FIELDS}
    planned = bank | (bank_changes.details_of(asked) if asked else {})
    edits = form.changed if form else {}
    # Who was overtaken has read what the other did; all else that was typed stays to be compared.
    kept = {name: form.seen[name] for name in edits if name in form.seen} if form else {}
    kept = {} if told.status == 409 else kept
    shown = stored | planned | edits
    colour = shown["colour"] or colours.DEFAULT
    context = {
        "visitor": visitor,
        "issuer": issuer,
        "row": row_of(issuer, asked),
        "texts": shown | {"colour": colour},
        "seen": as_seen(seen_of(issuer) | {name: kept[name] for name in kept if name in stored}),
        "bank": bank,
        "planned": planned,
        "seen_bank": as_seen(planned | {name: kept[name] for name in kept if name in planned}),
        "asked": asked,
        "bank_open": any(name in told.faults for name in BANK_FIELDS),
        "told": told,
        "done": DONE.get(request.query_params.get("done", ""), ""),
        "changes": changes,
        "logo": logo_path(issuer),
        "colour": contrast(colour),
        "abn": row_of(issuer, asked).abn,
        **lists(),
    }
    return PAGES.TemplateResponse(request, "company.html", context, told.status)


def lists() -> dict[str, object]:
    """Return what the fields of a company offer."""
    return {
        "names": NAMES,
        "bank_fields": BANK_FIELDS,
        "zones": zones(),
        "languages": LANGUAGES,
        "kinds": KINDS,
        "badges": SENDER_BADGES,
    }


def contrast(colour: str) -> dict[str, object]:
    """Return how well white is read on a colour, and the darker one that is shown where it is not."""
    legible = colours.legible(colour)
    return {"given": colour, "shown": legible, "ratio": colours.contrast_with_white(colour)}
