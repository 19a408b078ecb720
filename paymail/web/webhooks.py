"""Stripe's webhook: verify, store, acknowledge, and only then work (Stripe docs, "Webhooks")."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from paymail.services.payments.webhook_inbox import receive_event
from paymail.web.http.dependencies import AppDep
from paymail.web.http.openapi import problems
from paymail.wiring import App

router = APIRouter(tags=["webhooks"])

LARGEST_EVENT = 512 * 1024
"""Bytes: no Stripe event is this large."""


@router.post("/webhooks/stripe", responses=problems(403, 408, 413, 422, 503))
async def receive(app: AppDep, request: Request) -> dict[str, bool]:
    """Receive a signed event. Duplicates are acknowledged and ignored."""
    payload = await request.body()
    signature = request.headers.get("stripe-signature", "")
    return {"received": await run_in_threadpool(_store, app, payload, signature)}


def _store(app: App, payload: bytes, signature: str) -> bool:
    event = app.gateway.verify_event(payload=payload, signature=signature)
    with app.transaction() as session:
        fresh = receive_event(session, event=event, live=app.live, now=app.now())
    if fresh:
        app.doorbell.ring_event(event.id)
    return True
