"""The viewer of the embedded mailbox. What is in an email is shown, never trusted."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from paymail.mail import reader
from paymail.mail.reader import Mail
from paymail.services.access.staff import Visitor
from paymail.web.staff.session import Person
from paymail.wiring import App

# Mail is hostile: no script, no form, no request leaves the frame.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the mailbox pages."""
    routes = APIRouter(prefix="/mailbox")
    Visiting = Annotated[Visitor, Depends(person)]

    @routes.get("")
    def mailbox(request: Request, visitor: Visiting) -> HTMLResponse:
        names = reader.list_names(app.mailbox)
        mails = [reader.read(app.mailbox, name) for name in names]
        return pages.TemplateResponse(request, "mailbox.html", {"visitor": visitor, "mails": mails})

    @routes.get("/{name}")
    def mail(request: Request, visitor: Visiting, name: str) -> HTMLResponse:
        context = {"visitor": visitor, "mail": reader.read(app.mailbox, name)}
        return pages.TemplateResponse(request, "mail.html", context)

    @routes.get("/{name}/html")
    def html(name: str) -> HTMLResponse:
        return framed(reader.read(app.mailbox, name).html)

    @routes.get("/{name}/attachments/{index}")
    def attachment(name: str, index: int) -> Response:
        return attached(reader.read(app.mailbox, name), index)

    return routes


def framed(html: str) -> HTMLResponse:
    """Answer with an email's HTML part, for a sandboxed frame."""
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def attached(mail: Mail, index: int) -> Response:
    """Answer with an attachment; only a PDF is shown in place. Raises NoSuchMail."""
    if not 0 <= index < len(mail.attachments):
        raise reader.NoSuchMail("there is no such attachment")
    found = mail.attachments[index]
    kind = "application/pdf" if found.content_type == "application/pdf" else "application/octet-stream"
    plain = "".join(c for c in found.filename if c.isascii() and (c.isalnum() or c in "._-"))
    disposition = f'inline; filename="{plain}"'
    return Response(found.content, media_type=kind, headers={"Content-Disposition": disposition})
