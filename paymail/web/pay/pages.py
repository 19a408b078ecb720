"""The customer's pages: the pay page of a link. Server-rendered; a GET changes nothing."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail.errors import Gone, NotFound
from paymail.services.customers.link_requests import request_new_link
from paymail.web.http.dependencies import AppDep
from paymail.web.http.rate_limits import limit_emails, limit_public
from paymail.web.pay.contents import contents
from paymail.web.pay.ended_links import no_link
from paymail.web.templating import PAGES, asked_language

router = APIRouter(include_in_schema=False, dependencies=[Depends(limit_public)])

BACK = "payment_intent_client_secret"
"""The parameter that Stripe puts into the address that a customer comes back to from their bank."""


@router.get("/pay/{token}", response_class=HTMLResponse)
def pay(app: AppDep, request: Request, token: str, said: str = "") -> Response:
    """Show what is owed, and how to pay it."""
    back = BACK in request.query_params
    try:
        payable, context = contents(app, token, said)
    except (NotFound, Gone) as error:
        return RedirectResponse(request.url.path, 303) if back else no_link(request, token, error)
    if back and not payable:
        # Where it can be paid the page's script asks what became of it, and cleans the address itself.
        return RedirectResponse(f"/pay/{token}", 303)
    return PAGES.TemplateResponse(request, "pay.html", {**context, "token": token, "said": said})


@router.post("/pay/{token}/renew", response_class=HTMLResponse, dependencies=[Depends(limit_emails)])
def renew(app: AppDep, request: Request, token: str) -> HTMLResponse:
    """Email a new link, if there is to be one; the page is the same whatever the token."""
    with app.transaction() as session:
        request_new_link(session, token=token, now=app.now())
    return PAGES.TemplateResponse(request, "link_asked.html", {"locale": asked_language(request)}, 202)
