"""The button "Pay another way instead" on the page of a payment that waits for the customer.

There is no session and so no CSRF token: the pay link is the key.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from paymail.errors import Gone, NotFound
from paymail.services.payments.another_way import pay_another_way
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText
from paymail.web.http.rate_limits import limit_payments, limit_public
from paymail.web.pay.ended_links import no_link

router = APIRouter(
    include_in_schema=False, dependencies=[Depends(limit_public), Depends(limit_payments("cancel"))]
)


@router.post("/pay/{token}/another-way")
def another_way(
    app: AppDep, request: Request, token: str, intent: Annotated[FormText, Form()] = ""
) -> Response:
    """Cancel the payment that the page showed; lead back to the page, which says what came of it."""
    try:
        pay_another_way(app.gateway_context(), token=token, intent_id=intent)
    except (NotFound, Gone) as error:
        return no_link(request, token, error)
    return RedirectResponse(f"/pay/{token}?said=another_way#pay-title", 303)
