"""The page of a draft's form: who it is for, its lines, what it comes to, and every fault in its place."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput, NotFound
from paymail.models import Invoice, Issuer
from paymail.services.access.staff import Visitor
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.core.issuers import all_issuers
from paymail.services.imports.given import (
    GivenConflict,
    GivenInvoice,
    GivenRefused,
    WorkedOut,
    next_number,
    work_out,
)
from paymail.services.lists import lookup
from paymail.services.lists.invoice_text import DECIMALS
from paymail.web.staff.draft_customer import EMAIL, meant
from paymail.web.staff.draft_form import MOST_LINES, DraftForm, Row, given_of, place, rows_of, shown_rows
from paymail.web.staff.draft_sums import as_edited, stale_aud
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

TERM = timedelta(days=14)
"""When a new draft is due, after it is issued, unless somebody types another day."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that was read: what is given of it, what that comes to, and its faults by field."""

    issuer: Issuer
    rows: list[Row]
    given: GivenInvoice
    worked: WorkedOut
    faults: dict[str, str] = field(default_factory=dict)
    namesake: bool = False
    """Whether the customer would be a further one of its name."""
    status: int = 422

    @property
    def faulty(self) -> bool:
        """Whether anything is wrong with it."""
        return bool(self.faults) or any(row.faults for row in self.rows)


class NoCompany(InvalidInput):
    """The form names no company that is here."""

    code = "no_company"


def read_draft(app: App, form: DraftForm, *, invoice_id: int | None = None) -> Draft:
    """Read a form and work it out; nothing is written. Raises NoCompany, NoSuchInvoice."""
    rows = rows_of(form)
    with app.reading() as session:
        own = load_invoice(session, invoice_id=invoice_id) if invoice_id is not None else None
        issuer = own.issuer if own else _issuer(session, form)
        who = meant(session, form, issuer_id=issuer.issuer_id, own=own)
        number = own.number if own else next_number(session, issuer_id=issuer.issuer_id)
    given = given_of(form, rows, currency=issuer.currency, customer=who.customer)
    if own is not None:
        given = as_edited(given, form, rows, own)
    worked = work_out(given, number=number)
    stale = stale_aud(given, worked, own) if own is not None else []
    for row, amount in zip(rows, worked.amounts, strict=False):
        row.amount = amount
    # What is said of the customer here is plainer than what the check makes of an empty address.
    rest = [fault for fault in worked.faults if not (who.faults and fault.column == EMAIL)]
    return Draft(issuer, rows, given, worked, place([*who.faults, *rest, *stale], rows), who.known)


def refused(draft: Draft, error: GivenRefused | GivenConflict) -> Draft:
    """Return the form with what was found when it was to be written."""
    status = 409 if isinstance(error, GivenConflict) else 422
    return replace(draft, faults=place(error.faults, draft.rows), status=status)


def _issuer(session: Session, form: DraftForm) -> Issuer:
    found = all_issuers(session)
    for one in found:
        if str(one.issuer_id) == form.company or (not form.company and len(found) == 1):
            return one
    raise NoCompany("choose a company")


def draft_page(
    app: App,
    request: Request,
    visitor: Visitor,
    form: DraftForm,
    draft: Draft | None = None,
    *,
    invoice_id: int | None = None,
    refusal: Refusal | None = None,
    checked: bool = True,
) -> HTMLResponse:
    """Answer with the form. Unless it was `checked`, as when it is opened, no fault is shown."""
    with app.reading() as session:
        issuers = all_issuers(session)
        if not issuers:
            raise NotFound("there is no company yet; import or create one first")
        issuer = next((one for one in issuers if str(one.issuer_id) == form.company), issuers[0])
        _fill_in(form, issuer, app.now())
        rate = _usual_rate(session, issuer)
        context = {
            "visitor": visitor,
            "form": form,
            "refusal": refusal,
            "issuers": issuers,
            "issuer": issuer,
            "editing": invoice_id,
            "following": next_number(session, issuer_id=issuer.issuer_id),
            "customers": lookup.newest_customers(session, issuer_id=issuer.issuer_id),
            "decimals": DECIMALS,
            "most_lines": MOST_LINES,
        }
    shown = draft or read_draft(app, form, invoice_id=invoice_id)
    told = checked and form.act == "save"
    context |= {
        "rows": list(shown_rows(shown.rows, rate)),
        "worked": shown.worked,
        "namesake": shown.namesake,
        "faults": shown.faults if told else {},
        "told": told,
    }
    status = refusal.status if refusal else shown.status if told and shown.faulty else 200
    return PAGES.TemplateResponse(request, "draft.html", context, status)


def _fill_in(form: DraftForm, issuer: Issuer, now: datetime) -> None:
    today = local_date(issuer, now)
    form.company = form.company or str(issuer.issuer_id)
    form.issued = form.issued or today.isoformat()
    form.due = form.due or (today + TERM).isoformat()
    form.currency = form.currency or issuer.currency


def _usual_rate(session: Session, issuer: Issuer) -> str:
    """Return the tax rate of the company's newest invoice; the first has that of its country."""
    newest = select(Invoice.tax_rate).where(Invoice.issuer_id == issuer.issuer_id)
    found = session.scalars(newest.order_by(Invoice.invoice_id.desc()).limit(1)).first()
    if found is None:
        return "10" if issuer.country == "AU" else "0"
    return f"{found.normalize():f}"
