"""Failures as RFC 9457 problem+json. One table maps a kind to its status; details carry no token."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from paymail import errors, metrics, observability
from paymail.web.templating import PAGES

log = observability.logger(__name__)

STATUS: tuple[tuple[type[errors.PaymailError], int], ...] = (
    (errors.NotFound, 404),
    (errors.Gone, 410),
    (errors.Conflict, 409),
    (errors.InvalidInput, 422),
    (errors.Unproven, 401),
    (errors.Denied, 403),
    (errors.TooMany, 429),
    (errors.Unavailable, 503),
)

FRAMEWORK_CODES = {
    401: "denied",
    403: "denied",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
}


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `detail` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str


def problem(
    request: Request, status: int, code: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """Return a problem+json answer, or the same as a page to whoever asks for HTML."""
    title = code.replace("_", " ").capitalize()
    body = Problem(title=title, status=status, code=code, detail=detail)
    # RFC 9110 §11.6.1: a 401 names the scheme that would do.
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else headers
    if "text/html" in request.headers.get("accept", ""):
        return PAGES.TemplateResponse(request, "problem.html", {"problem": body}, status, headers)
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def status_of(error: errors.PaymailError) -> int:
    """Return the HTTP status of a kind; 500 for what is our own fault."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def answer_to(request: Request, error: errors.PaymailError) -> Response:
    """Return the answer to an expected failure."""
    status = status_of(error)
    if status >= 500:
        log.error("request failed", code=error.code, reason=str(error))
    detail = str(error) if status < 500 or status == 503 else "Something went wrong on our side."
    if isinstance(error, errors.TooMany):
        metrics.meters().limits.labels(error.code).inc()
    # RFC 6585 §4: a 429 says when to come back.
    wait = {"Retry-After": str(error.retry_after)} if isinstance(error, errors.TooMany) else None
    return problem(request, status, error.code, detail, wait)


def install(app: FastAPI) -> None:
    """Answer every failure as problem+json. `app.state.headers` are those of every answer."""

    app.exception_handler(errors.PaymailError)(answer_to)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, _error: RequestValidationError) -> Response:
        # FastAPI's own answer quotes the input, which may hold a secret.
        return problem(request, 422, "invalid_input", "The request does not match the API schema.")

    @app.exception_handler(HTTPException)
    def framework(request: Request, error: HTTPException) -> Response:
        code = FRAMEWORK_CODES.get(error.status_code, "error")
        headers = dict(error.headers) if error.headers else None
        return problem(request, error.status_code, code, str(error.detail), headers)

    @app.exception_handler(Exception)
    def unforeseen(request: Request, _error: Exception) -> Response:
        # Answered outside of all middleware, the one that sets the headers included.
        detail = "Something went wrong on our side. You have not been charged."
        return problem(request, 500, "internal_error", detail, request.app.state.headers)
