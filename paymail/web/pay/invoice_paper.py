"""The button that gets the invoice as PDF. It posts, so that a person pressed it: mail scanners open links.

There is no session and so no CSRF token: the pay link is the key.
"""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from paymail import observability
from paymail.errors import Gone, NotFound
from paymail.services.links.viewing import act_by_token
from paymail.web.http.dependencies import AppDep
from paymail.web.http.rate_limits import limit_public
from paymail.web.pay.ended_links import no_link

log = observability.logger(__name__)
router = APIRouter(include_in_schema=False, dependencies=[Depends(limit_public)])


@router.post("/pay/{token}/invoice.pdf")
def get_invoice(app: AppDep, request: Request, token: str) -> Response:
    """Note that a person wants it, and lead to the PDF; whoever asks has it even if nothing can be noted."""
    try:
        with app.transaction() as session:
            act_by_token(session, token=token, act="got the PDF", now=app.now())
    except (NotFound, Gone) as error:
        return no_link(request, token, error)
    except SQLAlchemyError:
        log.warning("viewing of an invoice not noted", exc_info=True)
    return RedirectResponse(f"/api/public/pay/{token}/invoice.pdf", 303)
