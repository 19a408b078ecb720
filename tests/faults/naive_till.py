"""The webhook that many a shop has: it believes the event, remembers none, and locks nothing.

The negative control of the payment storm: a checker that finds nothing here would find nothing anywhere.
"""

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from paymail.errors import Denied
from paymail.models import Invoice, Payment, PaymentStatus
from paymail.money import from_stripe_amount
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger import entries
from paymail.wiring import App


def believe_events(app: App, site: ASGIApp) -> FastAPI:
    """Return `site` with the naive webhook before it."""
    naive = FastAPI()

    @naive.post("/webhooks/stripe")
    async def receive(request: Request) -> dict[str, bool]:
        payload, signature = await request.body(), request.headers.get("stripe-signature", "")
        body = await request.json()
        await run_in_threadpool(_take, app, payload, signature, body)
        return {"received": True}

    naive.mount("/", site)
    return naive


def _take(app: App, payload: bytes, signature: str, body: dict[str, object]) -> None:
    try:
        event = app.gateway.verify_event(payload=payload, signature=signature)
    except Denied:
        return
    told = body["data"]["object"]  # type: ignore[index]
    if event.type != "payment_intent.succeeded":
        return
    with app.reading() as session:
        paid = session.get_one(Invoice, int(told["metadata"]["invoice_id"])).payment_status
    if paid is PaymentStatus.PAID:
        return
    with app.transaction() as session:
        invoice = load_invoice(session, invoice_id=int(told["metadata"]["invoice_id"]))
        payment = Payment(
            invoice_id=invoice.invoice_id,
            issuer_id=invoice.issuer_id,
            account=event.account,
            amount=from_stripe_amount(told["amount_received"], invoice.currency),
            currency=invoice.currency,
            source="naive",
            received_at=app.now(),
        )
        entries.enter_payment(session, invoice=invoice, payment=payment, actor="naive", now=app.now())
