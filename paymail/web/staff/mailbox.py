"""The viewer of the embedded mailbox. What is in an email is shown, never trusted."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from paymail.mail import reader
from paymail.mail.reader import Mail
from paymail.web.http.dependencies import AppDep
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/mailbox")

# Mail is hostile: no script, no form, no request leaves the frame.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@router.get("")
def mailbox(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """List the emails of the embedded mailbox."""
    names = reader.list_names(app.mailbox)
    mails = [reader.read(app.mailbox, name) for name in names]
    return PAGES.TemplateResponse(request, "mailbox.html", {"visitor": visitor, "mails": mails})


@router.get("/{name}")
def mail(app: AppDep, request: Request, visitor: Visiting, name: str) -> HTMLResponse:
    """Show one email."""
    context = {"visitor": visitor, "mail": reader.read(app.mailbox, name)}
    return PAGES.TemplateResponse(request, "mail.html", context)


@router.get("/{name}/html")
def html(app: AppDep, name: str) -> HTMLResponse:
    """Show its HTML part, for the frame."""
    return framed(reader.read(app.mailbox, name).html)


@router.get("/{name}/attachments/{index}")
def attachment(app: AppDep, name: str, index: int) -> Response:
    """Download an attachment."""
    return attached(reader.read(app.mailbox, name), index)


def framed(html: str) -> HTMLResponse:
    """Answer with an email's HTML part, for a sandboxed frame."""
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def attached(mail: Mail, index: int) -> Response:
    """Answer with an attachment; only a PDF is shown in place. Raises NoSuchMail."""
    if not 0 <= index < len(mail.attachments):
        raise reader.NoSuchMail("attachment not found")
    found = mail.attachments[index]
    kind = "application/pdf" if found.content_type == "application/pdf" else "application/octet-stream"
    plain = "".join(c for c in found.filename if c.isascii() and (c.isalnum() or c in "._-"))
    disposition = f'inline; filename="{plain}"'
    return Response(found.content, media_type=kind, headers={"Content-Disposition": disposition})
