"""Stripe's webhook: verify, store, acknowledge, and only then work (Stripe docs, "Webhooks")."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from paymail import metrics, observability
from paymail.services.payments.webhook_inbox import OtherMode, receive_event
from paymail.web.http.dependencies import AppDep
from paymail.web.http.openapi import problems
from paymail.wiring import App

log = observability.logger(__name__)
router = APIRouter(tags=["webhooks"])

LARGEST_EVENT = 512 * 1024
"""Bytes: no Stripe event is this large."""


@router.post("/webhooks/stripe", responses=problems(403, 408, 413, 422, 503))
async def receive(app: AppDep, request: Request) -> dict[str, bool]:
    """Receive a signed event. Duplicates, and events of the other mode, are acknowledged and ignored."""
    payload = await request.body()
    signature = request.headers.get("stripe-signature", "")
    return {"received": await run_in_threadpool(_store, app, payload, signature)}


def _store(app: App, payload: bytes, signature: str) -> bool:
    event = app.gateway.verify_event(payload=payload, signature=signature)
    try:
        with app.transaction() as session:
            fresh = receive_event(session, event=event, live=app.live, now=app.now())
    except OtherMode:
        # A live endpoint of Connect gets test events too (Stripe docs, "Connect webhooks"). If refused, they
        # would be sent again for days, and an endpoint that refuses many is disabled.
        metrics.meters().other_mode.inc()
        log.info("event of the other mode ignored", event_id=event.id, account=event.account)
        return True
    if fresh:
        app.doorbell.ring_event(event.id)
    return True
