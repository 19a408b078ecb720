"""Drafts written by hand: a new one, one like another, and changing one."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from paymail.errors import Conflict
from paymail.models import InvoiceStatus
from paymail.services.access import staff
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.customers import addresses
from paymail.services.imports.faults import Fault
from paymail.services.imports.given import (
    GivenConflict,
    GivenRefused,
    SavedAlready,
    change_draft,
    create_draft,
)
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import OptionalRowId, RowId
from paymail.web.staff import flash
from paymail.web.staff.draft_customer import EMAIL
from paymail.web.staff.draft_form import DraftForm, copy_of, for_customer, form_of
from paymail.web.staff.draft_view import Draft, draft_page, read_draft, refused
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/invoices")
DRAFTS = "/staff/invoices?payment=draft"


@router.get("/new")
def new(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    copied: Annotated[OptionalRowId, Query(alias="from")] = None,
    customer: OptionalRowId = None,
    company: OptionalRowId = None,
) -> Response:
    """Show an empty form, or one with the lines of another invoice."""
    form = DraftForm(company=str(company or request.state.shell.company or ""))
    with app.reading() as session:
        if copied is not None:
            invoice = load_invoice(session, invoice_id=copied)
            form = copy_of(invoice, local_date(invoice.issuer, app.now()))
        elif customer is not None:
            form = for_customer(form, addresses.customer(session, customer_id=customer))
    return draft_page(app, request, visitor, form, checked=False)


@router.post("/new")
def create(app: AppDep, request: Request, visitor: Visiting, form: Annotated[DraftForm, Form()]) -> Response:
    """Make the draft, once however often the button is pressed; or work it out."""
    staff.check_csrf(visitor, form.csrf)
    draft = read_draft(app, form)
    if form.act != "save" or draft.faulty:
        return draft_page(app, request, visitor, form, draft)
    try:
        made = create_draft(
            app.context(),
            reading=Context(app.reading, app.now),
            given=draft.given,
            issuer_id=draft.issuer.issuer_id,
            actor=visitor.email,
            key=form.request_key,
        )
    except (GivenRefused, GivenConflict) as error:
        return draft_page(app, request, visitor, form, refused(draft, error))
    except SavedAlready as error:
        at = f"/staff/invoices/{error.invoice_id}/edit" if error.invoice_id else DRAFTS
        refusal = Refusal(str(error), 409, error.code, at)
        return draft_page(app, request, visitor, form, draft, refusal=refusal)
    if made.invoice_id is None:
        return RedirectResponse(DRAFTS, 303)
    return flash.back_to(f"/staff/invoices/{made.invoice_id}", _did(draft, made.kept, "drafted"))


@router.get("/{invoice_id}/edit")
def edit(app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId) -> Response:
    """Show the form of a draft; of what is issued there is none."""
    with app.reading() as session:
        invoice = load_invoice(session, invoice_id=invoice_id)
        form = form_of(invoice) if invoice.status is InvoiceStatus.DRAFT else None
    if form is None:
        return RedirectResponse(f"/staff/invoices/{invoice_id}", 303)
    return draft_page(app, request, visitor, form, invoice_id=invoice_id, checked=False)


@router.post("/{invoice_id}/edit")
def change(
    app: AppDep, request: Request, visitor: Visiting, invoice_id: RowId, form: Annotated[DraftForm, Form()]
) -> Response:
    """Change the draft, unless somebody else has meanwhile; or work it out."""
    staff.check_csrf(visitor, form.csrf)
    draft = read_draft(app, form, invoice_id=invoice_id)
    if form.act != "save" or draft.faulty:
        return draft_page(app, request, visitor, form, draft, invoice_id=invoice_id)
    try:
        put = change_draft(
            app.context(),
            reading=Context(app.reading, app.now),
            invoice_id=invoice_id,
            given=draft.given,
            version=form.version,
            actor=visitor.email,
        )
    except (GivenRefused, GivenConflict) as error:
        return draft_page(app, request, visitor, form, refused(draft, error), invoice_id=invoice_id)
    except Conflict as error:
        refusal = Refusal(str(error), 409, error.code)
        return draft_page(app, request, visitor, form, draft, invoice_id=invoice_id, refusal=refusal)
    return flash.back_to(f"/staff/invoices/{invoice_id}", _did(draft, put.kept, "edited"))


def _did(draft: Draft, kept: Sequence[Fault], did: str) -> str:
    """Return what the page says: that there are two of a name now, or that what is known here was kept."""
    if draft.namesake:
        return "another_customer"
    return "address_kept" if any(one.column == EMAIL for one in kept) else did
