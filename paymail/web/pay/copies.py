"""A copy of a receipt to one further address, of a bookkeeper for instance: by the page's button and the API.

There is no session and so no CSRF token: the pay link is the key, and who has it has the receipt anyway.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from paymail.errors import Conflict, Gone, InvalidInput, NotFound, TooMany
from paymail.models import Channel, Payment
from paymail.services.core.history import CUSTOMER
from paymail.services.links.viewing import act_by_token
from paymail.services.lists.lookup import NoReceipt
from paymail.services.sending.copies import send_copy, sent_earlier
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText, Token
from paymail.web.http.openapi import PAY_PROBLEMS
from paymail.web.http.rate_limits import limit_emails, limit_public
from paymail.web.pay.ended_links import no_link
from paymail.web.schemas.pay import Copied, CopyReceipt
from paymail.wiring import App

router = APIRouter(dependencies=[Depends(limit_public), Depends(limit_emails)])


@router.post("/api/public/pay/{token}/copy", tags=["public"], responses=PAY_PROBLEMS)
def copied(app: AppDep, token: Token, body: CopyReceipt) -> Copied:
    """Send a receipt to one further address; the same one once a day, however often it is asked for."""
    _send(app, token, body.to, body.receipt)
    return Copied()


@router.post("/pay/{token}/copy", include_in_schema=False)
def copy(
    app: AppDep,
    request: Request,
    token: str,
    email: FormText = "",
    receipt: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """Send the receipt of this number to `email`; the page says what came of it."""
    try:
        earlier = _send(app, token, email, receipt)
    except (Conflict, NoReceipt):
        return _back(token, "not_copied")
    except InvalidInput:
        return _back(token, "bad_address")
    except TooMany:
        return _back(token, "too_many_copies")
    except (NotFound, Gone) as error:
        return no_link(request, token, error)
    return _back(token, "copied_earlier" if earlier else "copied")


def _send(app: App, token: str, email: str, receipt: int) -> bool:
    """Send the copy; return whether it went out earlier today instead."""
    with app.transaction() as session:
        invoice = act_by_token(session, token=token, act="sent a copy of a receipt", now=app.now())
        mine = select(Payment.payment_id).where(
            Payment.invoice_id == invoice.invoice_id,
            Payment.receipt_number == receipt,
            Payment.channel != Channel.HOST,
        )
        payment_id = session.scalar(mine)
        if payment_id is None:
            raise NoReceipt("this invoice has no such receipt")
        queued = send_copy(
            session,
            invoice_id=invoice.invoice_id,
            to=email,
            actor=CUSTOMER,
            now=app.now(),
            payment_id=payment_id,
        )
        return sent_earlier(session, queued)


def _back(token: str, said: str) -> Response:
    return RedirectResponse(f"/pay/{token}?said={said}#done", 303)
