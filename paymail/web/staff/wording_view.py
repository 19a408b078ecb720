"""What the pages of a company's wording show: whose words each email has, and one with its versions."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from paymail.emails.own_words import PLACEHOLDERS, OwnWords
from paymail.models import Wording
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import wording
from paymail.services.letters.own_words import words_of
from paymail.web.staff.company_view import KINDS
from paymail.web.staff.flash import said
from paymail.web.staff.pages import PAGES
from paymail.web.staff.wording_form import Place
from paymail.wiring import App

LANGUAGE_NAMES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "ja": "日本語",
    "ar": "العربية",
}
LABELS = {
    "subject": "Subject",
    "preheader": "First line in the inbox",
    "opening": "Opening",
    "closing": "Closing",
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Sent by you": ("invoice", "statement", "plan", "void"),
    "Reminders": tuple(name for name in PLACEHOLDERS if name.startswith("reminder_")),
    "Sent by events": ("receipt", "refund", "payment_failed", "link"),
}
"""The emails, as the lists show them."""
MEANINGS = {
    "customer_name": "the customer's name",
    "company": "your company's name",
    "number": "the invoice number, without #",
    "total": "the invoice's total",
    "balance": "what is still to be paid",
    "issue_date": "when the invoice was issued",
    "due_date": "when it is due",
    "days_overdue": "days since it was due, as a number",
    "amount": "how much this email is about",
    "receipt_number": "the receipt's number",
    "paid_date": "when it was paid",
    "refund_date": "when it was refunded",
    "statement_date": "the day that the statement is for",
}
"""What each placeholder stands for."""
INSTEAD = {
    "invoice": "nothing is owed, or it is paid in instalments",
    "receipt": "the payment leaves something to pay",
    "refund": "it is about a credit note and no money goes back",
    "statement": "no invoice is open, or a credit covers those that are",
    "reminder_due": "it goes out a day late, or is about an instalment",
} | {f"reminder_{tone}": "it is about an instalment" for tone in ("upcoming", "friendly", "firm", "final")}
"""When paymail's words are used all the same but for the closing, since yours could be untrue then."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed (None: nothing), what is wrong with it, and the status of the answer."""

    words: OwnWords | None
    seen: int
    faults: Mapping[str, str]
    notice: str
    status: int


def overview_page(app: App, request: Request, visitor: Visitor, issuer_id: int) -> HTMLResponse:
    """Return the list of emails and languages, with which have the company's own words."""
    with app.reading() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        context = {
            "visitor": visitor,
            "issuer": issuer,
            "own": wording.overview(session, issuer_id=issuer_id),
            **_names(),
        }
    return PAGES.TemplateResponse(request, "wordings.html", context)


def editor_page(
    app: App,
    request: Request,
    visitor: Visitor,
    place: Place,
    typed: Typed | None = None,
    version: int | None = None,
) -> HTMLResponse:
    """Return the page of one email in one language: with what was typed, an earlier `version`, or what is in
    use. Raises NoSuchIssuer, NoSuchWording."""
    issuer_id, template, language = place
    wording.checked_place(template, language)
    with app.reading() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        found = wording.versions(session, issuer_id=issuer_id, template=template, language=language)
        own = wording.overview(session, issuer_id=issuer_id)
    latest = found[0].version if found else 0
    earlier = _version(found, version)
    context = {
        "visitor": visitor,
        "issuer": issuer,
        "own": own,
        "template": template,
        "language": language,
        "versions": [(one, words_of(one)) for one in found],
        "latest": latest,
        "earlier": earlier.version if earlier else None,
        "words": ((typed and typed.words) or _words(earlier, found)).parts,
        "seen": typed.seen if typed and typed.faults else latest,
        "faults": typed.faults if typed else {},
        "notice": typed.notice if typed else "",
        "done": said(request),
        "placeholders": {name: MEANINGS[name] for name in PLACEHOLDERS[template]},
        "instead": INSTEAD.get(template, ""),
        "labels": LABELS,
        **_names(),
    }
    return PAGES.TemplateResponse(request, "wording.html", context, typed.status if typed else 200)


def _version(found: list[Wording], version: int | None) -> Wording | None:
    if version is None:
        return None
    for one in found:
        if one.version == version:
            return one
    raise wording.NoSuchWording(f"there is no version {version} of these words")


def _words(earlier: Wording | None, found: list[Wording]) -> OwnWords:
    shown = earlier or (found[0] if found else None)
    return words_of(shown) if shown else OwnWords()


def _names() -> dict[str, object]:
    return {"kinds": KINDS, "groups": GROUPS, "languages": LANGUAGE_NAMES}
