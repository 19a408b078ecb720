"""The customer's pages: the pay page of a link. Server-rendered; a GET changes nothing."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from paymail.errors import Gone, NotFound
from paymail.models import Invoice, InvoiceStatus, PaymentStatus
from paymail.money import Money
from paymail.services.browsing import has_receipt
from paymail.services.composing import invoice_document
from paymail.services.paying import find_by_token
from paymail.web.public import limited
from paymail.web.security import Limiter
from paymail.web.templating import templates
from paymail.wiring import App


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
                receipt = has_receipt(session, invoice_id=invoice.invoice_id)
        except (NotFound, Gone) as error:
            status = 410 if isinstance(error, Gone) else 404
            return pages.TemplateResponse(request, "no_link.html", {"gone": status == 410}, status)
        context = {
            "state": state,
            "document": document,
            "receipt": receipt,
            "token": token,
            "stripe_js": app.settings.stripe_js,
            "sandboxed": app.settings.sandboxed,
            "zero": Money(0, document.total.currency),
        }
        return pages.TemplateResponse(request, "pay.html", context)

    return routes
