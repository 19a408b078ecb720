"""The customer's pages: the pay page of a link. Server-rendered; a GET changes nothing."""

from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from paymail.errors import Gone, NotFound
from paymail.models import Invoice, InvoiceStatus, PaymentStatus
from paymail.money import Money
from paymail.render import formats
from paymail.services.composing import invoice_document
from paymail.services.paying import find_by_token
from paymail.web.public import limited
from paymail.web.security import Limiter
from paymail.wiring import App

HERE = Path(__file__).resolve().parent


def templates() -> Jinja2Templates:
    """Return the page templates with the same formats as emails and PDFs."""
    found = Jinja2Templates(HERE / "templates")
    found.env.filters.update(
        money=formats.money, date=formats.long_date, qty=formats.quantity, rate=formats.rate
    )
    found.env.filters["direction"] = lambda tag: formats.locale_of(tag).text_direction
    return found


def state_of(invoice: Invoice) -> str:
    """Return which face of the page an invoice has."""
    if invoice.status is InvoiceStatus.VOID:
        return "void"
    if invoice.payment_status is PaymentStatus.PROCESSING:
        return "processing"
    if invoice.balance == 0:
        return "paid"
    return "payable" if invoice.can_pay and invoice.issuer.stripe_account else "unavailable"


def router(app: App) -> APIRouter:
    """Return the public pages."""
    pages = templates()
    limiter = Limiter(app.settings.pay_rate_limit)
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(limited(limiter))])

    @routes.get("/pay/{token}", response_class=HTMLResponse)
    def pay(request: Request, token: str) -> HTMLResponse:
        try:
            with app.reading() as session:
                invoice = find_by_token(session, token=token, now=app.now())
                state = state_of(invoice)
                document = invoice_document(invoice, app.settings.public_url)
        except (NotFound, Gone) as error:
            status = 410 if isinstance(error, Gone) else 404
            return pages.TemplateResponse(request, "no_link.html", {"gone": status == 410}, status)
        context = {
            "state": state,
            "document": document,
            "token": token,
            "stripe_js": app.settings.stripe_js,
            "sandboxed": app.settings.sandboxed,
            "zero": Money(0, document.total.currency),
        }
        return pages.TemplateResponse(request, "pay.html", context)

    return routes
