"""An email with words that are not saved: shown, or sent to whoever asks. Nothing is stored."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.ports.rendering import Letter
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import wording
from paymail.services.letters.unsaved import letter_of, shown_invoice
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.http.rate_limits import rate_limits
from paymail.web.staff.company_form import CompanyForm
from paymail.web.staff.company_previews import unsaved_settings
from paymail.web.staff.email_previews import email_view, said, send_to_self, test_mail
from paymail.web.staff.session import Visiting
from paymail.web.staff.wording_form import Named, Place, Version, WordingForm
from paymail.web.staff.wording_view import LABELS
from paymail.wiring import App

router = APIRouter(prefix="/companies/{issuer_id}/wording/{template}/{language}")


@router.get("/preview")
def saved_preview(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer_id: RowId,
    template: Named,
    language: Named,
    version: Version = None,
) -> Response:
    """Show the email with the words that are in use, or those of an earlier version."""
    place = (issuer_id, template, language)
    wording.checked_place(template, language)
    with app.reading() as session:
        words = wording.words_at(
            session, issuer_id=issuer_id, template=template, language=language, version=version
        )
    return _preview(app, request, visitor, place, WordingForm(**words.parts))


@router.post("/preview")
def preview(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer_id: RowId,
    template: Named,
    language: Named,
    form: Annotated[WordingForm, Form()],
) -> Response:
    """Show the email with what was typed. Sends and stores nothing."""
    staff.check_csrf(visitor, form.csrf)
    return _preview(app, request, visitor, (issuer_id, template, language), form)


def _preview(
    app: App,
    request: Request,
    visitor: Visitor,
    place: Place,
    form: WordingForm,
) -> Response:
    rate_limits(request).previews.check(visitor.email)
    if refused := _faults(app, place, form):
        return refused
    with app.reading() as session:
        letter = _letter(session, app, place, form)
    if letter is None:
        return said(f"This company has no invoice {form.number}.", status=404)
    return email_view(app, letter, form.view, inbox=True)


@router.post("/test")
def send_test(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer_id: RowId,
    template: Named,
    language: Named,
    form: Annotated[WordingForm, Form()],
) -> Response:
    """Send the email with what was typed to whoever asks, and to nobody else; its pay link leads nowhere."""
    staff.check_csrf(visitor, form.csrf)
    place = (issuer_id, template, language)
    if refused := _faults(app, place, form):
        return refused
    with test_mail(app, request, visitor) as session:
        letter = _letter(session, app, place, form)
    if letter is None:
        return said(f"This company has no invoice {form.number}.", status=404)
    return send_to_self(app, request, visitor, letter)


def _faults(app: App, place: Place, form: WordingForm) -> HTMLResponse | None:
    _, template, language = place
    wording.checked_place(template, language)
    found = app.writer.faults(form.words, template, language)
    if not found:
        return None
    return said(*(f"{LABELS[part]}: {why}." for part, why in found.items()), status=422)


def _letter(session: Session, app: App, place: Place, form: WordingForm) -> Letter | None:
    """Return the email with what was typed: of an invoice if one is named, else a sample; None if there is no
    such invoice."""
    issuer_id, template, language = place
    issuer = find_issuer(session, ref=str(issuer_id))
    number = form.number[:100].removeprefix("#")
    invoice = shown_invoice(session, issuer_id=issuer_id, number=number) if number else None
    if number and invoice is None:
        return None
    looks = unsaved_settings(issuer, CompanyForm())
    return letter_of(
        session,
        issuer=issuer,
        invoice=invoice,
        unsaved=replace(looks, words=form.words, language=language),
        template=template,
        public_url=app.settings.public_url,
        now=app.now(),
    )
