"""Bounces: delivery reports as they came in, posted by a mail server or a mailbox reader."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from paymail.models import Bounce
from paymail.services import bounces
from paymail.web.api.access import BouncePoster
from paymail.web.http.dependencies import AppDep
from paymail.web.http.openapi import problems
from paymail.web.schemas.bounces import Reported
from paymail.wiring import App

router = APIRouter(prefix="/api/v1/bounces", tags=["bounces"])

LARGEST_REPORT = 25 * 1024 * 1024
"""Bytes."""
_BODY = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "required": True,
}


@router.post("", responses=problems(401, 403, 408, 413, 422, 429), openapi_extra={"requestBody": _BODY})
async def post_bounce(app: AppDep, _holder: BouncePoster, request: Request) -> Reported:
    """Process one raw report (message/rfc822); repeating it changes nothing. Scope: bounces."""
    return Reported.of(await run_in_threadpool(_receive, app, await request.body()))


def _receive(app: App, raw: bytes) -> Bounce:
    with app.transaction() as session:
        return bounces.receive(session, raw=raw, source="http", now=app.now())
