"""A company's emails, invoice and pay page with settings that are not saved; and a test to oneself."""

import base64
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from paymail.errors import NotFound
from paymail.models import Invoice, Issuer
from paymail.ports.rendering import Letter
from paymail.services.access import staff
from paymail.services.core.issuers import find_issuer
from paymail.services.core.logos import logo_of
from paymail.services.issuers import logos
from paymail.services.issuers.issuer_settings import checked_changes
from paymail.services.issuers.others_identity import refuse_others_sender
from paymail.services.issuers.setting_faults import SettingFaults, read_all
from paymail.services.issuers.setting_names import NAMES
from paymail.services.letters.unsaved import TEMPLATES, Unsaved, letter_of, shown_invoice
from paymail.services.reminders.preferences import BadPreference
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.http.rate_limits import rate_limits
from paymail.web.staff.company_form import FIELDS, CompanyForm, GivenForm
from paymail.web.staff.email_previews import email_view, said, send_to_self, test_mail
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/companies/{issuer_id}")

PayPage = Callable[..., HTMLResponse]
"""`web.pay.previews.preview`, which the application hands over: the two rooms do not know each other."""


class NoInvoice(NotFound):
    """There is no invoice that could be shown so."""

    code = "no_such_invoice"


@router.get("/preview")
def saved_preview(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer_id: RowId,
    kind: Annotated[str, Query(max_length=40)] = "invoice",
) -> Response:
    """Show a preview with the settings as they are saved."""
    return _preview(app, request, visitor.email, issuer_id, CompanyForm(kind=kind))


@router.post("/preview")
def preview(app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId, form: GivenForm) -> Response:
    """Show a preview with what was typed. Sends and stores nothing."""
    staff.check_csrf(visitor, form.csrf)
    return _preview(app, request, visitor.email, issuer_id, form)


def _preview(app: App, request: Request, who: str, issuer_id: int, form: CompanyForm) -> Response:
    rate_limits(request).previews.check(who)
    with app.reading() as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        try:
            unsaved = unsaved_settings(issuer, form)
        except SettingFaults as error:
            return said(*(f"{NAMES[name]}: {why}." for name, why in error.faults.items()), status=422)
        invoice = shown_invoice(session, issuer_id=issuer_id, number=form.number)
        if invoice is None and form.number:
            return said(f"{issuer.name} has no invoice {form.number}.", status=404)
        if form.kind == "page":
            if invoice is None:
                return said("The pay page can be shown once the company has an invoice.", status=404)
            pay_page: PayPage = request.app.state.pay_page
            return pay_page(app, request, session, invoice, unsaved, dark=form.view == "dark")
        letter = _letter(session, app, issuer, invoice, unsaved, form.kind)
    if form.kind == "pdf":
        return _pdf(app, letter)
    return email_view(app, letter, form.view)


def _pdf(app: App, letter: Letter) -> Response:
    if letter.document is None:
        raise NoInvoice("there is no document to show")
    disposition = 'inline; filename="preview.pdf"'
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": "frame-ancestors 'self'"}
    return Response(app.pdf.render(letter.document), media_type="application/pdf", headers=headers)


def unsaved_settings(issuer: Issuer, form: CompanyForm) -> Unsaved:
    """Return what was typed, checked. Raises SettingFaults."""
    faults: dict[str, str] = {}
    picture = b"" if form.remove_logo else logo_of(issuer)
    try:
        picture = logos.drawn(form.logo) if form.logo else picture
    except logos.BadLogo as error:
        faults["logo"] = str(error)
    texts = {name: text for name, text in form.texts.items() if name in FIELDS}
    try:
        wanted, _bank = checked_changes(issuer, read_all(issuer, texts))
    except SettingFaults as error:
        raise SettingFaults(dict(error.faults) | faults) from error
    if faults:
        raise SettingFaults(faults)
    values = {name: wanted.get(name, getattr(issuer, name)) for name in FIELDS}
    url = f"data:image/png;base64,{base64.b64encode(picture).decode()}" if picture else ""
    return Unsaved(values, picture, url)


def _letter(
    session: Session, app: App, issuer: Issuer, invoice: Invoice | None, unsaved: Unsaved, kind: str
) -> Letter:
    template = "invoice" if kind == "pdf" else kind
    if template not in TEMPLATES:
        raise NoInvoice("choose what to show")
    return letter_of(
        session,
        issuer=issuer,
        invoice=invoice,
        unsaved=unsaved,
        template=template,
        public_url=app.settings.public_url,
        now=app.now(),
    )


@router.post("/test")
def send_test(
    app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId, form: GivenForm
) -> Response:
    """Send an email with what was typed to whoever asks, and to nobody else; its pay link leads nowhere."""
    staff.check_csrf(visitor, form.csrf)
    if form.kind not in TEMPLATES:
        return said("Choose an email to send as a test.", status=422)
    with test_mail(app, request, visitor) as session:
        issuer = find_issuer(session, ref=str(issuer_id))
        try:
            unsaved = unsaved_settings(issuer, form)
            refuse_others_sender(session, str(unsaved.values["email"]))
        except SettingFaults as error:
            return said(*(f"{NAMES[name]}: {why}." for name, why in error.faults.items()), status=422)
        except BadPreference as error:
            return said(f"Nothing was sent: {error}.", status=422)
        invoice = shown_invoice(session, issuer_id=issuer_id, number=form.number)
        letter = _letter(session, app, issuer, invoice, unsaved, form.kind)
    return send_to_self(app, request, visitor, letter)
