"""Rows of every kind, for whoever asks every route."""

from paymail.models import Import, Invoice, IssuerLogo
from tests.factories import NOW
from tests.web.conftest import Biller
from tests.web.staff.given_files import csv, give, row


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
    biller.post("/bulk", filter="currency=AUD", request_key="bulk-send")
    give(biller, csv(row(600)))
    with site.app.transaction() as session:
        invoice = session.get_one(Invoice, 502)
        customer_id = invoice.customer_id
        session.add(IssuerLogo(sha256="0" * 64, content=b"PNG", created_at=NOW))
        session.add(Import(issuer_id=invoice.issuer_id, actor="import", started_at=NOW, finished_at=NOW))
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
        "view_id": 1,
        "import_id": 1,
        "file_id": 1,
        "number": 1,
        "event_id": "evt_1",
        "name": mail.name,
        "index": 0,
        "template": "invoice",
        "verb": "pause",
        "digest": "0" * 64,
        "colour": "2563eb",
        "kind": "remind",
        "user_id": 1,
        "line": 2,
        "help_page": "security",
        "staff_token": "x",
        "language": "de",
    }
