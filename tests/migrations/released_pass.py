"""Import, send, deliver, pay, refund: run by the code of the last release, in a process of its own.

Uses only what that code has. When a release renews the record, this file is brought to the new code's names;
until then nobody else imports it, and no checker may hold it to the names of this code.
"""
# mypy: ignore-errors

import io
import sys
from pathlib import Path

import paymail
import paymail.render.printer
from paymail.models import Channel, Payment
from paymail.sandbox.customer import pay
from paymail.services.core.invoices import load_invoice
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports import import_invoices, parse
from paymail.services.payments import checkout, confirmation
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.tasks.sweep import sweep_once
from paymail.wiring import App, build

NUMBER = 502
EXPORT = (
    "invoice_id,customer_name,customer_email,currency,issued_date,due_date,status,payment_status,subtotal,"
    "tax_rate,tax_amount,total,amount_paid,line,description,quantity,unit_price,line_amount\n"
    f"{NUMBER},The Vacuum Shop,shop@customer.example,AUD,2026-03-12,2026-04-11,sent,unpaid,75.00,10.00,7.50,"
    "82.50,0.00,1,Service,1,75.00,75.00\n"
)


def bill(app: App) -> str:
    """Import the invoice and send it; return the token of its link."""
    with app.transaction() as session:
        issuer = ensure_issuer(
            session,
            name="I",
            email="b@i.example",
            now=app.now(),
            stripe_account="acct_sandbox",
            tax_id="51 824 753 556",
        )
        import_invoices(
            session,
            parsed=parse(io.StringIO(EXPORT)),
            issuer_id=issuer.issuer_id,
            actor="host",
            now=app.now(),
        )
    with app.transaction() as session:
        send_invoice(session, invoice_id=NUMBER, actor="staff", now=app.now())
    deliver(app)
    with app.reading() as session:
        return load_invoice(session, invoice_id=NUMBER).payment_token or ""


def take_payment(app: App, token: str) -> int:
    """Let the customer pay; return the payment's id."""
    secret = checkout.start_payment(app.gateway_context(), token=token).client_secret
    pay(secret, base_url=app.settings.sandbox_url)
    intent_id = secret.partition("_secret")[0]
    confirmation.confirm_payment(app.gateway_context(), token=token, intent_id=intent_id)
    deliver(app)
    with app.reading() as session:
        return session.query(Payment.payment_id).scalar() or 0


def give_back(app: App, payment_id: int) -> None:
    """Refund a part of it."""
    with app.transaction() as session:
        order = RefundOrder(1000, Channel.STRIPE)
        refund_requests.request(session, payment_id=payment_id, order=order, actor="staff", now=app.now())
    deliver(app)


def deliver(app: App) -> None:
    """Do what the workers do."""
    sweep_once(app)
    sweep_once(app)


if __name__ == "__main__":
    ours = Path(sys.argv[1])
    assert ours in Path(paymail.__file__).parents, f"the code of {paymail.__file__} ran instead"
    app = build(Settings())
    give_back(app, take_payment(app, bill(app)))
    app.close()
