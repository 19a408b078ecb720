"""The customer's pages: the pay page of a link. Server-rendered; a GET changes nothing."""

from functools import partial

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paymail.errors import Gone, NotFound
from paymail.money import Money, charge_obstacle, exponent
from paymail.ports.payment_methods import EXCLUDED
from paymail.ports.saved_methods import FUTURE_USAGE
from paymail.services.customers import saved_methods
from paymail.services.customers.link_requests import request_new_link
from paymail.services.customers.promises import replies_of
from paymail.services.ledger.attempts import live_attempt
from paymail.services.letters.invoice_facts import full_document
from paymail.services.links.lookup import find_by_token
from paymail.services.payments.made import newest
from paymail.services.payments.summary import State, summary_of
from paymail.web.http.dependencies import AppDep
from paymail.web.http.rate_limits import limit_emails, limit_public
from paymail.web.pay.ended_links import no_link
from paymail.web.pay.script_data import ScriptData
from paymail.web.pay.script_words import script_words
from paymail.web.pay.transfer import transfer_of
from paymail.web.pay.waiting_view import waiting_view
from paymail.web.templating import PAGES, asked_language
from paymail.wiring import App

router = APIRouter(include_in_schema=False, dependencies=[Depends(limit_public)])

_STEPS = {0: "1", 2: "0.01", 3: "0.01"}
"""What an amount can be raised by, per decimals; Stripe takes three-decimal ones in tens only."""

HEARD = frozenset(("paid", "promise", "said_enough", "nothing_owed", "bad_promise", "text_too_long"))
"""Answers to what the customer told us, in the address that they are led back to."""

BACK = "payment_intent_client_secret"
"""The parameter that Stripe puts into the address that a customer comes back to from their bank."""


@router.get("/pay/{token}", response_class=HTMLResponse)
def pay(app: AppDep, request: Request, token: str, said: str = "") -> Response:
    """Show what is owed, and how to pay it."""
    back = BACK in request.query_params
    try:
        payable, context = _contents(app, token, said)
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


def _contents(app: App, token: str, said: str = "") -> tuple[bool, dict[str, object]]:
    """Return whether the invoice of a link can be paid, and what its page shows. Raises NotFound, Gone."""
    with app.reading() as session:
        invoice = find_by_token(session, token=token, now=app.now())
        summary = summary_of(session, invoice=invoice, now=app.now())
        document = full_document(session, invoice=invoice, public_url=app.settings.public_url)
        replies = replies_of(session, invoice=invoice, now=app.now())
        payable = summary.state is State.PAYABLE
        thanks = said == "done" and summary.state in (State.PAYABLE, State.UNAVAILABLE)
        made = newest(session, invoice=invoice) if thanks or summary.state is State.PAID else None
        saved = saved_methods.current(
            session, customer_id=invoice.customer_id, account=invoice.issuer.stripe_account
        )
        offered = payable and saved_methods.may_save(session, invoice=invoice)
        awaited = summary.awaited if summary.state is State.WAITING else None
        attempt = live_attempt(session, invoice_id=invoice.invoice_id) if payable else None
    currency = document.total.currency
    script = ScriptData(
        app.settings.stripe_publishable_key, invoice.issuer.stripe_account, currency, document.locale
    )
    # Where a part can be paid online instead, the form is shown.
    parts = summary.choice and script.whole(summary.balance)
    obstacle = summary.obstacle
    if payable and not obstacle and not parts:
        obstacle = charge_obstacle(summary.asked.minor, currency)
    payable = payable and obstacle is None
    return payable, {
        "summary": summary,
        "document": document,
        "order": invoice.purchase_order,
        "replies": replies,
        "saved": saved,
        "consent": saved_methods.CONSENT if offered else "",
        "future_usage": FUTURE_USAGE,
        "waiting": waiting_view(awaited, invoice.issuer.timezone, app.settings, app.now())
        if awaited
        else None,
        "excluded": " ".join(EXCLUDED),
        "stripe_js": app.settings.stripe_js,
        "pending": attempt.intent_id if attempt else None,
        "script": script,
        "obstacle": obstacle if summary.state is State.PAYABLE else None,
        "transfer": transfer_of(document, summary.asked),
        "heard": HEARD,
        "made": made,
        "sandboxed": app.settings.sandboxed,
        "money_of": partial(Money, currency=currency),
        "step": _STEPS[exponent(currency)],
        "words": script_words(document.locale),
    }
