"""Removing the payment method that a customer saved, on the page and in the API.

There is no session and so no CSRF token: the pay link is the key, and it removes only, it never charges.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from paymail.errors import Gone, NotFound
from paymail.services.customers import saved_methods
from paymail.services.customers.saved_methods import NoSuchMethod
from paymail.services.links.viewing import act_by_token
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, Token
from paymail.web.http.openapi import PAY_PROBLEMS
from paymail.web.http.rate_limits import limit_public
from paymail.web.pay.ended_links import no_link
from paymail.web.schemas.pay import RemovedMethod, RemoveMethod
from paymail.wiring import App

router = APIRouter(dependencies=[Depends(limit_public)])
CUSTOMER = "customer"
"""Who removed it, in the invoice's history."""


def _remove(app: App, token: str, saved_method_id: int) -> None:
    with app.transaction() as session:
        invoice = act_by_token(session, token=token, act="removed a payment method", now=app.now())
        saved_methods.remove(
            session, invoice=invoice, saved_method_id=saved_method_id, actor=CUSTOMER, now=app.now()
        )


@router.post("/api/public/pay/{token}/saved-method/remove", tags=["public"], responses=PAY_PROBLEMS)
def removed(app: AppDep, token: Token, body: RemoveMethod) -> RemovedMethod:
    """Remove the customer's saved payment method. It is not used any more from now on, and paymail has Stripe
    detach it as soon as Stripe can."""
    _remove(app, token, body.id)
    return RemovedMethod()


@router.post("/pay/{token}/saved-method/remove", include_in_schema=False)
def remove_form(
    app: AppDep, request: Request, token: str, method: Annotated[int, Form(ge=1, le=LARGEST_ID)]
) -> Response:
    """Take the form that removes it. One that is gone already is what was wanted."""
    try:
        _remove(app, token, method)
    except NoSuchMethod:
        return RedirectResponse(f"/pay/{token}", 303)
    except (NotFound, Gone) as error:
        return no_link(request, token, error)
    return RedirectResponse(f"/pay/{token}?said=method_removed", 303)
