"""Money: what needs a person first, and the payments that arrived, the last recorded first."""

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from paymail.money import Money
from paymail.services.access.visible import seen_issuers
from paymail.services.core.issuers import all_issuers
from paymail.services.lists import payment_pages
from paymail.services.lists.payment_state import PaymentState
from paymail.services.reconciliation import drift_store
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import OptionalRowId
from paymail.web.staff.home_view import Need
from paymail.web.staff.local_time import clock_of
from paymail.web.staff.money_view import WORDS
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter()


@router.get("/received")
def received(app: AppDep, request: Request, visitor: Visiting, after: OptionalRowId = None) -> HTMLResponse:
    """Show what needs a person, and a page of payments. Five statements, however many rows."""
    now = app.now()
    with app.reading() as session:
        issuers = all_issuers(session)
        found = payment_pages.payments(session, after=after)
        # What Stripe has is of an account, which several companies may share: not of one of them.
        whole = seen_issuers(session) is None
        needs = [*_of_stripe(session)] if whole else []
        counts = payment_pages.waiting(session, now=now)
    needs += [
        _need(counts[PaymentState.SAYS_PAID], "Customer says it is paid", "says-paid",
              "Look in the bank account, then record the payment."),
        _need(counts[PaymentState.DISPUTED], "Disputed", "disputed",
              "The customer's bank asks the money back. Answer in Stripe's dashboard."),
    ]  # fmt: skip
    zones = sorted({one.zone for one in found.rows})
    context = {
        "visitor": visitor,
        "found": found,
        "after": after,
        "needs": [one for one in needs if one.count],
        "ways": WORDS,
        "today": now.astimezone(clock_of(zones[0] if zones else "UTC")).date(),
        "as_money": Money,
        "home": issuers[0].currency if issuers else "AUD",
        "zones": zones,
        "now": now,
    }
    return PAGES.TemplateResponse(request, "received.html", context)


def _of_stripe(session: Session) -> Iterable[Need]:
    yield Need(
        drift_store.count_open(session), "bad", "Stripe and paymail differ",
        "What Stripe has and the books have is not the same.", (), "/staff/reconciliation",
    )  # fmt: skip
    yield Need(
        payment_pages.events_given_up(session), "bad", "Stripe events given up",
        "They failed too often, so a payment may be missing here. Process them again.", (),
        "/staff/events?state=dead",
    )  # fmt: skip


def _need(count: int, what: str, payment: str, why: str) -> Need:
    return Need(count, "warn", what, why, (), f"/staff/invoices?payment={payment}")
