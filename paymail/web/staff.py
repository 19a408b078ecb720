"""The staff pages: invoices, messages and the mailbox viewer, all behind a session but the login."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from paymail.errors import Denied
from paymail.mail import reading
from paymail.money import Money
from paymail.services import browsing, sending, staff
from paymail.services.staff import Visitor
from paymail.services.timeline import history
from paymail.web.pages import templates
from paymail.web.public import limited
from paymail.web.security import Limiter
from paymail.wiring import App

COOKIE = "paymail_session"
Person = Callable[..., Visitor]
# Mail is hostile: no script, no form, no request leaves the frame.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


class NotLoggedIn(Denied):
    """There is no session; pages answer by the login form."""

    code = "login_required"


def require_staff(app: App) -> Person:
    """Return the dependency that every staff route has."""

    def person(paymail_session: Annotated[str, Cookie()] = "") -> Visitor:
        with app.reading() as session:
            found = staff.visitor(session, secret=paymail_session, now=app.now())
        if found is None:
            raise NotLoggedIn("please log in")
        return found

    return person


def router(app: App) -> APIRouter:
    """Return all staff routes."""
    person = require_staff(app)
    pages = templates()
    pages.env.globals["as_money"] = Money
    routes = APIRouter(prefix="/staff", include_in_schema=False)
    routes.include_router(_login(app, pages, person))
    inside = APIRouter(dependencies=[Depends(person)])
    inside.include_router(_invoices(app, pages, person))
    inside.include_router(_mailbox(app, pages))
    routes.include_router(inside)
    return routes


def _login(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    routes = APIRouter()
    limiter = Limiter(app.settings.login_rate_limit)

    @routes.get("/login")
    def form(request: Request) -> HTMLResponse:
        return pages.TemplateResponse(request, "login.html", {"wrong": False})

    @routes.post("/login", dependencies=[Depends(limited(limiter))])
    def log_in(request: Request, email: Annotated[str, Form()], password: Annotated[str, Form()]) -> Response:
        lifetime = timedelta(hours=app.settings.session_hours)
        try:
            with app.transaction() as session:
                login = staff.log_in(
                    session, email=email, password=password, now=app.now(), lifetime=lifetime
                )
        except staff.LoginRefused:
            return pages.TemplateResponse(request, "login.html", {"wrong": True}, 403)
        answer = RedirectResponse("/staff/", 303)
        answer.set_cookie(
            COOKIE,
            login.secret,
            max_age=int(lifetime.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=app.settings.public_url.startswith("https://"),
            path="/staff",
        )
        return answer

    @routes.post("/logout")
    def log_out(
        visitor: Annotated[Visitor, Depends(person)],
        csrf: Annotated[str, Form()],
        paymail_session: Annotated[str, Cookie()] = "",
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        with app.transaction() as session:
            staff.log_out(session, secret=paymail_session)
        return RedirectResponse("/staff/login", 303)

    return routes


def _invoices(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    routes = APIRouter()
    Visiting = Annotated[Visitor, Depends(person)]

    @routes.get("/")
    def invoices(request: Request, visitor: Visiting, page: int = 1, find: str = "") -> HTMLResponse:
        with app.reading() as session:
            found = browsing.invoices(session, find=find[:100], page=max(page, 1))
        context = {"visitor": visitor, "found": found, "find": find[:100]}
        return pages.TemplateResponse(request, "invoices.html", context)

    @routes.get("/invoices/{invoice_id}")
    def invoice(request: Request, visitor: Visiting, invoice_id: int, problem: str = "") -> HTMLResponse:
        with app.reading() as session:
            shown = browsing.invoice(session, invoice_id=invoice_id)
            context = {
                "visitor": visitor,
                "invoice": shown,
                "messages": browsing.messages(session, invoice_id=invoice_id),
                "events": history(session, invoice_id=invoice_id),
                "sequence": sending.next_sequence(session, invoice_id=invoice_id),
                "problem": problem[:200],
            }
        return pages.TemplateResponse(request, "invoice.html", context)

    @routes.post("/invoices/{invoice_id}/send")
    def send(
        visitor: Visiting,
        invoice_id: int,
        csrf: Annotated[str, Form()],
        sequence: Annotated[int, Form()],
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        with app.transaction() as session:
            sending.send_invoice(
                session, invoice_id=invoice_id, actor=visitor.email, now=app.now(), sequence=sequence
            )
        return RedirectResponse(f"/staff/invoices/{invoice_id}", 303)

    @routes.post("/messages/{message_id}/cancel")
    def cancel(visitor: Visiting, message_id: int, csrf: Annotated[str, Form()]) -> Response:
        staff.check_csrf(visitor, csrf)
        with app.transaction() as session:
            sending.cancel_message(session, message_id=message_id, actor=visitor.email, now=app.now())
        return RedirectResponse("/staff/messages", 303)

    @routes.get("/messages")
    def messages(request: Request, visitor: Visiting) -> HTMLResponse:
        with app.reading() as session:
            found = browsing.messages(session)
        return pages.TemplateResponse(request, "messages.html", {"visitor": visitor, "messages": found})

    return routes


def _mailbox(app: App, pages: Jinja2Templates) -> APIRouter:
    routes = APIRouter(prefix="/mailbox")

    @routes.get("")
    def mailbox(request: Request) -> HTMLResponse:
        names = reading.list_names(app.mailbox)
        mails = [reading.read(app.mailbox, name) for name in names]
        return pages.TemplateResponse(request, "mailbox.html", {"mails": mails})

    @routes.get("/{name}")
    def mail(request: Request, name: str) -> HTMLResponse:
        return pages.TemplateResponse(request, "mail.html", {"mail": reading.read(app.mailbox, name)})

    @routes.get("/{name}/html")
    def html(name: str) -> HTMLResponse:
        content = reading.read(app.mailbox, name).html
        return HTMLResponse(content, headers={"Content-Security-Policy": MAIL_POLICY})

    @routes.get("/{name}/attachments/{index}")
    def attachment(name: str, index: int) -> Response:
        attachments = reading.read(app.mailbox, name).attachments
        if not 0 <= index < len(attachments):
            raise reading.NoSuchMail("there is no such attachment")
        found = attachments[index]
        kind = "application/pdf" if found.content_type == "application/pdf" else "application/octet-stream"
        plain = "".join(c for c in found.filename if c.isascii() and (c.isalnum() or c in "._-"))
        disposition = f'inline; filename="{plain}"'
        return Response(found.content, media_type=kind, headers={"Content-Disposition": disposition})

    return routes
