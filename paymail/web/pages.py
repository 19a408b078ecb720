"""The customer's pages: the pay page of a link. Server-rendered; a GET changes nothing."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from paymail.errors import Gone, NotFound
from paymail.models import Invoice, InvoiceStatus, PaymentStatus
from paymail.money import Money
from paymail.services.browsing import has_receipt
from paymail.services.composing import invoice_document
from paymail.services.paying import find_by_token
from paymail.services.renewing import ask_anew
from paymail.services.talking import talk_of
from paymail.web.limiting import PublicLimits
from paymail.web.talk import no_link
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


def router(app: App, limits: PublicLimits) -> APIRouter:
    """Return the public pages."""
    pages = templates()
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(limits.every)])

    @routes.get("/pay/{token}", response_class=HTMLResponse)
    def pay(request: Request, token: str, said: str = "") -> Response:
        try:
            with app.reading() as session:
                invoice = find_by_token(session, token=token, now=app.now())
                state = state_of(invoice)
                document = invoice_document(invoice, app.settings.public_url)
                receipt = has_receipt(session, invoice_id=invoice.invoice_id)
                talk = talk_of(session, invoice=invoice, now=app.now())
        except (NotFound, Gone) as error:
            return no_link(pages, request, token, error)
        context = {
            "state": state,
            "document": document,
            "receipt": receipt,
            "token": token,
            "talk": talk,
            "said": said,
            "stripe_js": app.settings.stripe_js,
            "sandboxed": app.settings.sandboxed,
            "zero": Money(0, document.total.currency),
        }
        return pages.TemplateResponse(request, "pay.html", context)

    @routes.post("/pay/{token}/renew", response_class=HTMLResponse, dependencies=[Depends(limits.asking)])
    def renew(request: Request, token: str) -> HTMLResponse:
        with app.transaction() as session:
            ask_anew(session, token=token, now=app.now())
        return pages.TemplateResponse(request, "link_asked.html", {}, 202)

    return routes
