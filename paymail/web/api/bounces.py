"""Bounces: delivery reports as they came in, posted by a mail server or a mailbox reader."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from paymail.models import Bounce
from paymail.services import bounces
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.web.api.access import Access
from paymail.web.http.openapi import problems
from paymail.web.webhooks import TooLarge
from paymail.wiring import App

LARGEST_REPORT = 25 * 1024 * 1024
_BODY = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "required": True,
}


class Reported(BaseModel):
    """What a report was taken for."""

    bounce_id: int
    kind: str = Field(description="hard, soft, delivered, or unmatched: it names no message of ours.")
    message_id: int | None
    status: str = Field(description="Enhanced status code (RFC 3463); empty when there is none.")


def router(app: App, access: Access) -> APIRouter:
    """Return the route of bounces."""
    routes = APIRouter(prefix="/api/v1/bounces", tags=["bounces"])
    Poster = Annotated[Holder, Depends(access.needs(KeyScope.BOUNCES))]

    @routes.post("", responses=problems(401, 403, 422, 429), openapi_extra={"requestBody": _BODY})
    async def post_bounce(_holder: Poster, request: Request) -> Reported:
        """Take in one raw report (message/rfc822 bytes); again it changes nothing. Scope: bounces."""
        chunks, size = [], 0
        async for chunk in request.stream():
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST_REPORT:
                raise TooLarge("the report is larger than any mail server sends")
        found = await run_in_threadpool(_receive, app, b"".join(chunks))
        return Reported(
            bounce_id=found.bounce_id, kind=found.kind, message_id=found.message_id, status=found.status
        )

    return routes


def _receive(app: App, raw: bytes) -> Bounce:
    with app.transaction() as session:
        return bounces.receive(session, raw=raw, source="http", now=app.now())
