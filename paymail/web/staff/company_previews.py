"""A company's emails, invoice and pay page with settings that are not saved; and a test to oneself."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound, TooMany
from paymail.mail import reader
from paymail.models import Invoice, Issuer
from paymail.ports.mail import Envelope, Verdict
from paymail.ports.rendering import Letter
from paymail.services.access import staff
from paymail.services.core import restores
from paymail.services.core.issuers import find_issuer
from paymail.services.core.logos import logo_of
from paymail.services.issuers import logos
from paymail.services.issuers.issuer_settings import checked_changes
from paymail.services.issuers.others_identity import refuse_others_sender
from paymail.services.issuers.setting_faults import SettingFaults, read_all
from paymail.services.issuers.setting_names import NAMES
from paymail.services.letters.unsaved import NO_TOKEN, TEMPLATES, Unsaved, letter_of, shown_invoice
from paymail.services.outbox.header_ids import new_header_id
from paymail.services.reminders.preferences import BadPreference
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.http.rate_limits import rate_limits
from paymail.web.staff.company_form import FIELDS, CompanyForm, GivenForm
from paymail.web.staff.mailbox import framed
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/companies/{issuer_id}")

PayPage = Callable[..., HTMLResponse]
"""`web.pay.previews.preview`, which the application hands over: the two rooms do not know each other."""
NOBODY = "preview@paymail.invalid"
DARK = "(prefers-color-scheme: dark)"
"""What is shown is light unless dark is asked for, whatever the screen is."""
SENT = {
    Verdict.SENT: "Sent to {to}.",
    Verdict.UNKNOWN: "The mail server did not answer in time; it may have been sent to {to}.",
}


class NoInvoice(NotFound):
    """There is no invoice that could be shown so."""

    code = "no_such_invoice"


class MailOnHold(Conflict):
    """No email goes out after a restore, tests among them."""

    code = "mail_on_hold"


class TestUnderway(TooMany):
    """Another test email is on its way to the mail server."""

    code = "busy"


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
            unsaved = _unsaved(issuer, form)
        except SettingFaults as error:
            return _said(*(f"{NAMES[name]}: {why}." for name, why in error.faults.items()), status=422)
        invoice = shown_invoice(session, issuer_id=issuer_id, number=form.number)
        if invoice is None and form.number:
            return _said(f"{issuer.name} has no invoice {form.number}.", status=404)
        if form.kind == "page":
            if invoice is None:
                return _said("The pay page can be shown once the company has an invoice.", status=404)
            pay_page: PayPage = request.app.state.pay_page
            return pay_page(app, request, session, invoice, unsaved, dark=form.view == "dark")
        letter = _letter(session, app, issuer, invoice, unsaved, form.kind)
    if form.kind == "pdf":
        return _pdf(app, letter)
    return _email(app, letter, form.view)


def _pdf(app: App, letter: Letter) -> Response:
    if letter.document is None:
        raise NoInvoice("there is no document to show")
    disposition = 'inline; filename="preview.pdf"'
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": "frame-ancestors 'self'"}
    return Response(app.pdf.render(letter.document), media_type="application/pdf", headers=headers)


def _email(app: App, letter: Letter, view: str) -> HTMLResponse:
    # No header is shown, and an address that cannot be mailed is not what is looked at.
    alone = replace(
        letter, document=None, from_name="", from_address=NOBODY, to_name="", to_address=NOBODY, reply_to=""
    )
    mail = reader.take_apart(app.writer.write(alone).mime)
    if view == "text":
        return framed(
            Markup("<!DOCTYPE html><title>Text</title><pre>{}\n\n{}</pre>").format(mail.subject, mail.text)
        )
    dead = f'href="{app.settings.public_url}/pay/{NO_TOKEN}"'
    html = mail.html.replace(dead, "")
    html = html.replace(DARK, "all" if view == "dark" else "not all")
    html = html.replace('"light dark"', '"dark"' if view == "dark" else '"light"')
    return framed(html)


def _said(*sentences: str, status: int = 200) -> HTMLResponse:
    paragraphs = Markup("").join(Markup("<p>{}</p>").format(sentence) for sentence in sentences)
    answer = framed(Markup('<!DOCTYPE html><html lang="en"><title>Preview</title>') + paragraphs)
    answer.status_code = status
    return answer


def _unsaved(issuer: Issuer, form: CompanyForm) -> Unsaved:
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
        return _said("Choose an email to send as a test.", status=422)
    limits = rate_limits(request)
    limits.test_mails.check(visitor.email)
    with app.reading() as session:
        if "mail" in restores.on_hold(session):
            raise MailOnHold("no email goes out until mail is opened again after the restore")
        issuer = find_issuer(session, ref=str(issuer_id))
        try:
            unsaved = _unsaved(issuer, form)
            refuse_others_sender(session, str(unsaved.values["email"]))
        except SettingFaults as error:
            return _said(*(f"{NAMES[name]}: {why}." for name, why in error.faults.items()), status=422)
        except BadPreference as error:
            return _said(f"Nothing was sent: {error}.", status=422)
        invoice = shown_invoice(session, issuer_id=issuer_id, number=form.number)
        letter = _letter(session, app, issuer, invoice, unsaved, form.kind)
        name, sender = issuer.name, issuer.email
    test = replace(
        letter,
        from_name=name,
        to_name="",
        to_address=visitor.email,
        subject_mark="Test: ",
        message_id=new_header_id(sender),
        in_reply_to="",
        date=app.now(),
    )
    if not limits.test_mailing.acquire(blocking=False):
        raise TestUnderway("another test email is being sent; try again in a moment", 10)
    try:
        return _sent(app, test)
    finally:
        limits.test_mailing.release()


def _sent(app: App, letter: Letter) -> HTMLResponse:
    written = app.writer.write(letter)
    envelope = Envelope(letter.message_id, written.sender, written.recipients, written.mime)
    outcome = app.mailer.deliver(envelope, lambda: True)
    words = SENT.get(outcome.verdict, "Not sent: {said}")
    said = f"{outcome.code or ''} {outcome.detail}".strip()[:300]
    return _said(words.format(to=letter.to_address, said=said), f"Subject: {written.subject}")
