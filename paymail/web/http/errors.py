"""Failures as RFC 9457 problem+json. One table maps a kind to its status; details carry no token."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import exc
from starlette.exceptions import HTTPException

from paymail import errors, metrics, observability
from paymail.web.http.input_faults import InputFault, input_faults
from paymail.web.http.request_ids import HEADER, SCOPE_KEY
from paymail.web.templating import PAGES, asked_language

log = observability.logger(__name__)

STATUS: tuple[tuple[type[errors.PaymailError], int], ...] = (
    (errors.NotFound, 404),
    (errors.Gone, 410),
    (errors.Conflict, 409),
    (errors.InvalidInput, 422),
    (errors.Unproven, 401),
    (errors.Denied, 403),
    (errors.TooMany, 429),
    (errors.Rejected, 502),
    (errors.Unavailable, 503),
)

FRAMEWORK_CODES = {
    401: "denied",
    403: "denied",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media_type",
}
OUR_FAULT = {
    500: "Something went wrong on our side.",
    502: "The payment provider did not accept our request. Please contact the sender of the invoice.",
}
"""What callers are told where the reason is for staff, who find it in the log."""
DATABASE_AWAY = (exc.OperationalError, exc.InterfaceError, exc.DisconnectionError, exc.TimeoutError)
"""What SQLAlchemy raises when the database cannot be asked: away, restarting, or its pool used up."""
PUBLIC = ("/pay/", "/api/public/", "/verify")
"""What customers ask begins like this."""
STAFF_API = "/api/v1/"
"""What programs of the sender ask begins like this."""
DATABASE_CODE = "database_unavailable"
NO_PAYMENT = "Online payment is not available at the moment."
RETRY_SECONDS = 15
"""What a 503 asks callers to wait, and how often the page for customers looks again."""


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `detail` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[InputFault] | None = Field(
        None, description="Of the staff API's 422 and of its refused invoices: each fault of the request."
    )


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    headers: dict[str, str] | None = None,
    faults: list[InputFault] | None = None,
) -> Response:
    """Return a problem+json answer, or the same as a page to whoever asks for HTML."""
    title = code.replace("_", " ").capitalize()
    body = Problem(title=title, status=status, code=code, detail=detail, errors=faults)
    # RFC 9110 §11.6.1: a 401 names the scheme that would do.
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else headers
    if "text/html" in request.headers.get("accept", ""):
        return PAGES.TemplateResponse(request, "problem.html", {"problem": body}, status, headers)
    return JSONResponse(
        body.model_dump(exclude_none=True), status, headers, media_type="application/problem+json"
    )


def status_of(error: errors.PaymailError) -> int:
    """Return the HTTP status of a kind; 500 for what is our own fault."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def answer_to(request: Request, error: errors.PaymailError) -> Response:
    """Return the answer to an expected failure."""
    status = status_of(error)
    if status >= 500:
        log.error("request failed", code=error.code, reason=str(error))
    if isinstance(error, errors.Misconfigured) and request.url.path.startswith(PUBLIC):
        # Stripe refuses our key or the issuer's account. Asking again soon does not help, so no Retry-After.
        return problem(request, 503, "payment_unavailable", NO_PAYMENT)
    detail = str(error) if status < 500 or status == 503 else OUR_FAULT[status]
    if isinstance(error, errors.TooMany):
        metrics.meters().limits.labels(error.code).inc()
    return problem(request, status, error.code, detail, _wait(error))


def install(app: FastAPI) -> None:
    """Answer every failure as problem+json. `app.state.headers` are those of every answer."""

    app.exception_handler(errors.PaymailError)(answer_to)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        # FastAPI's own answer quotes the input, which may hold a secret.
        faults = None
        if request.url.path.startswith(STAFF_API):
            field = getattr(request.scope.get("route"), "body_field", None)
            faults = input_faults(error, field.field_info.annotation if field else None)
        detail = "The request does not match the API schema."
        return problem(request, 422, "invalid_input", detail, faults=faults)

    @app.exception_handler(HTTPException)
    def framework(request: Request, error: HTTPException) -> Response:
        code = FRAMEWORK_CODES.get(error.status_code, "error")
        headers = dict(error.headers) if error.headers else None
        detail = "There is nothing at this address." if error.status_code == 404 else str(error.detail)
        return problem(request, error.status_code, code, detail, headers)

    for kind in DATABASE_AWAY:
        app.add_exception_handler(kind, database_away)

    @app.exception_handler(exc.DBAPIError)
    def database_failed(request: Request, error: exc.DBAPIError) -> Response:
        # A server that became a standby is none of the driver's operational errors.
        if error.connection_invalidated:
            return database_away(request, error)
        raise error

    @app.exception_handler(Exception)
    def unforeseen(request: Request, _error: Exception) -> Response:
        # Answered outside of all middleware, the one that sets the headers included.
        # What was done before it failed is not known here: a payment may have been made.
        detail = "Something went wrong on our side. Check what was saved or paid before you try again."
        headers = dict(request.app.state.headers)
        if SCOPE_KEY in request.scope:
            headers[HEADER] = request.scope[SCOPE_KEY]
        return problem(request, 500, "internal_error", detail, headers)


def database_away(request: Request, error: Exception) -> Response:
    """Answer 503 to whoever needs the database while it cannot be asked, with one line in the log.

    What was asked for may have been done, at Stripe or even here, when only the answer was lost.
    """
    route = request.scope.get("route")
    # The route's pattern and the driver's words: an address has a pay token in it, a statement has values.
    log.error(
        "database unavailable",
        method=request.method,
        route=getattr(route, "path", ""),
        reason=observability.one_line(str(getattr(error, "orig", None) or error)),
    )
    wait = {"Retry-After": str(RETRY_SECONDS)}
    if "text/html" in request.headers.get("accept", ""):
        customer = request.url.path.startswith(("/pay/", "/verify"))
        facts = {
            "locale": asked_language(request) if customer else "en",
            "customer": customer,
            "again": RETRY_SECONDS if request.method == "GET" else 0,
        }
        return PAGES.TemplateResponse(request, "outage.html", facts, 503, wait)
    detail = "The database is not available. What you asked for may or may not have been done."
    return problem(request, 503, DATABASE_CODE, detail, wait)


def _wait(error: errors.PaymailError) -> dict[str, str] | None:
    # RFC 6585 §4 and RFC 9110 §15.6.4: a 429 and a 503 say when to come back.
    if isinstance(error, errors.TooMany):
        return {"Retry-After": str(error.retry_after)}
    return {"Retry-After": str(RETRY_SECONDS)} if isinstance(error, errors.Unavailable) else None
