"""The customer's pages: the pay page of a link. Server-rendered; a GET changes nothing."""

from functools import partial

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail.errors import Gone, NotFound
from paymail.money import Money, exponent
from paymail.services.core.documents import invoice_document
from paymail.services.customers.link_requests import request_new_link
from paymail.services.customers.promises import replies_of
from paymail.services.ledger.attempts import live_attempt
from paymail.services.links.lookup import find_by_token
from paymail.services.payments.summary import State, summary_of
from paymail.web.http.public_limits import PublicLimits
from paymail.web.pay.promises import no_link
from paymail.web.pay.script_data import ScriptData
from paymail.web.pay.script_words import script_words
from paymail.web.templating import asked_language, templates
from paymail.wiring import App

_STEPS = {0: "1", 2: "0.01", 3: "0.01"}
"""What an amount can be raised by, per decimals; Stripe takes three-decimal ones in tens only."""

BACK = "payment_intent_client_secret"
"""The parameter that Stripe puts into the address that a customer comes back to from their bank."""


def router(app: App, limits: PublicLimits) -> APIRouter:
    """Return the public pages."""
    pages = templates()
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(limits.every)])

    @routes.get("/pay/{token}", response_class=HTMLResponse)
    def pay(request: Request, token: str, said: str = "") -> Response:
        try:
            with app.reading() as session:
                invoice = find_by_token(session, token=token, now=app.now())
                summary = summary_of(session, invoice=invoice, now=app.now())
                document = invoice_document(invoice, app.settings.public_url)
                replies = replies_of(session, invoice=invoice, now=app.now())
                payable = summary.state is State.PAYABLE
                attempt = live_attempt(session, invoice_id=invoice.invoice_id) if payable else None
        except (NotFound, Gone) as error:
            if BACK in request.query_params:
                return RedirectResponse(request.url.path, 303)
            return no_link(pages, request, token, error)
        if BACK in request.query_params and not payable:
            # Where it can be paid the page's script asks what became of it, and cleans the address itself.
            return RedirectResponse(f"/pay/{token}", 303)
        context = {
            "summary": summary,
            "document": document,
            "token": token,
            "replies": replies,
            "said": said,
            "stripe_js": app.settings.stripe_js,
            "pending": attempt.intent_id if attempt else None,
            "script": ScriptData(
                app.settings.stripe_publishable_key,
                invoice.issuer.stripe_account,
                document.total.currency,
                document.locale,
            ),
            "sandboxed": app.settings.sandboxed,
            "money_of": partial(Money, currency=document.total.currency),
            "step": _STEPS[exponent(document.total.currency)],
            "words": script_words(document.locale),
        }
        return pages.TemplateResponse(request, "pay.html", context)

    @routes.post("/pay/{token}/renew", response_class=HTMLResponse, dependencies=[Depends(limits.asking)])
    def renew(request: Request, token: str) -> HTMLResponse:
        with app.transaction() as session:
            request_new_link(session, token=token, now=app.now())
        return pages.TemplateResponse(request, "link_asked.html", {"locale": asked_language(request)}, 202)

    return routes
