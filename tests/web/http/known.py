"""Rows of every kind, for whoever asks every route."""

from paymail.models import Invoice
from tests.web.conftest import Biller


def known_rows(biller: Biller) -> dict[str, object]:
    """Make an invoice that was sent, paid and refunded, and a bulk send of another; return what stands for
    each path parameter."""
    site = biller.site
    token = site.invoice()
    biller.post("/invoices/502/send", sequence=1)
    site.sweep()
    paid = {"amount": "82.50", "channel": "cash", "request_key": "recorded"}
    biller.post("/invoices/502/payments", **paid)
    biller.post("/invoices/502/payments/1/refund", sure="yes", **paid | {"request_key": "refunded"})
    site.invoice(503)
    biller.post("/bulk", currency="AUD", request_key="bulk-send")
    with site.app.reading() as session:
        customer_id = session.get_one(Invoice, 502).customer_id
    (mail,) = site.app.mailbox.glob("*.eml")
    return {
        "token": token,
        "invoice_id": 502,
        "customer_id": customer_id,
        "contact_id": 1,
        "issuer_id": 1,
        "message_id": 1,
        "payment_id": 1,
        "refund_id": 1,
        "bulk_id": 1,
        "number": 1,
        "event_id": "evt_1",
        "name": mail.name,
        "index": 0,
        "template": "invoice",
        "verb": "pause",
    }
