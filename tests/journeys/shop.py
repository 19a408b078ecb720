"""The pay page over one web server, one SQLite file and the sandbox, all in this process; and its states."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import uvicorn
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import delete, select

from paymail.models import Channel, Customer, Dispute, DisputeState, Invoice, InvoiceLine, Issuer, Payment
from paymail.ports.payments import Intent
from paymail.sandbox.customer import pay
from paymail.services.core.invoices import local_date
from paymail.services.links import pay_links
from paymail.services.links.lookup import AlreadyPaying, PaymentAwaited
from paymail.services.payments import adjustments, manual_payments
from paymail.services.payments.checkout import start_payment
from paymail.services.payments.confirmation import confirm_payment
from paymail.services.plans import agreement, instalments
from paymail.services.plans.instalments import Cadence
from paymail.services.refunds import refund_requests
from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.wiring import App, build
from tests.conftest import free_port, wait_for_port
from tests.factories import make_invoice

CARD, BECS = "4242424242424242", "000123456"
ARRIVED = "Thank you, your payment has arrived"
TIMEOUT = 45_000
"""Milliseconds; the machine may be busy."""


class Shop:
    """Invoices, each with its own link, and what happens to them."""

    def __init__(self, app: App, url: str) -> None:
        self.app = app
        self.url = url
        self.number = 500

    def invoice(self, due_in: int = 20, total: int = 8250, currency: str = "AUD", **customer: str) -> str:
        """Write an invoice of AUD 82.50 that is due in so many days; return its link's token."""
        self.number += 1
        with self.app.transaction() as session:
            invoice = make_invoice(session, invoice_id=self.number, subtotal=total - 750, currency=currency)
            issuer = session.get_one(Issuer, invoice.issuer_id)
            today = local_date(issuer, self.app.now())
            invoice.issued_date, invoice.due_date = today - timedelta(10), today + timedelta(due_in)
            row = session.get_one(Customer, invoice.customer_id)
            for name, value in customer.items():
                setattr(row, name, value)
            return invoice.payment_token or ""

    def link(self, token: str) -> str:
        return f"{self.url}/pay/{token}"

    def pays(self, token: str, card: str = CARD, amount: int | None = None) -> None:
        """Pay as the customer does, and let the page's confirmation arrive."""
        intent = self.takes(token, card, amount)
        with suppress(AlreadyPaying, PaymentAwaited):
            confirm_payment(self.app.gateway_context(), token=token, intent_id=intent.id)

    def takes(self, token: str, card: str = CARD, amount: int | None = None) -> Intent:
        """Let the sandbox take the money, which nobody tells paymail."""
        intent = start_payment(self.app.gateway_context(), token=token, amount=amount)
        pay(intent.client_secret, card, base_url=self.app.settings.sandbox_url)
        return intent

    def transfers(self, amount: int) -> int:
        """Record a bank transfer for the newest invoice."""
        with self.app.transaction() as session:
            invoice = session.get_one(Invoice, self.number)
            today = self.app.now().date() - timedelta(1)
            asked = manual_payments.ManualPayment(amount, Channel.BANK_TRANSFER, today)
            manual_payments.record_payment(
                session, invoice_id=invoice.invoice_id, asked=asked, actor="amy", now=self.app.now()
            )
            return session.scalars(select(Payment.payment_id).where(Payment.invoice_id == self.number)).all()[
                -1
            ]

    def parts(self, minimum: int = 1000) -> None:
        """Let the newest invoice be paid in parts."""
        with self.app.transaction() as session:
            adjustments.allow_parts(
                session, invoice_id=self.number, minimum=minimum, actor="amy", now=self.app.now()
            )

    def charged(self, invoice_id: int) -> list[int]:
        """Return the amounts of an invoice's payments."""
        with self.app.reading() as session:
            found = select(Payment.amount).where(Payment.invoice_id == invoice_id)
            return list(session.scalars(found.order_by(Payment.payment_id)))


def unpaid(shop: Shop) -> str:
    return shop.invoice()


def due_soon(shop: Shop) -> str:
    return shop.invoice(due_in=2)


def overdue(shop: Shop) -> str:
    return shop.invoice(due_in=-9)


def part_paid(shop: Shop) -> str:
    token = shop.invoice(due_in=-1)
    shop.parts()
    shop.pays(token, amount=2000)
    return token


def plan(shop: Shop) -> str:
    """Three instalments, of which the first is paid."""
    token = shop.invoice()
    with shop.app.transaction() as session:
        invoice = session.get_one(Invoice, shop.number)
        parts = instalments.equal_parts(invoice.balance, 3, invoice.due_date, Cadence.MONTHLY)
        agreement.agree(session, invoice_id=shop.number, parts=parts, actor="amy", now=shop.app.now())
    shop.pays(token)
    return token


def processing(shop: Shop) -> str:
    token = shop.invoice()
    shop.pays(token, BECS)
    return token


def waiting(shop: Shop) -> str:
    """A code for a convenience store, not paid yet."""
    token = shop.invoice(currency="JPY")
    shop.pays(token, "konbini")
    return token


def paid(shop: Shop) -> str:
    token = shop.invoice()
    shop.parts()
    shop.pays(token, amount=5000)
    shop.transfers(3250)
    return token


def refunded(shop: Shop, amount: int = 8250) -> str:
    token = shop.invoice()
    payment = shop.transfers(8250)
    with shop.app.transaction() as session:
        order = refund_requests.RefundOrder(amount, Channel.BANK_TRANSFER, "Returned")
        refund_requests.request(session, payment_id=payment, order=order, actor="amy", now=shop.app.now())
    return token


def part_refunded(shop: Shop) -> str:
    return refunded(shop, 3000)


def disputed(shop: Shop) -> str:
    token = shop.invoice()
    shop.pays(token)
    with shop.app.transaction() as session:
        now = shop.app.now()
        payment = session.scalars(select(Payment).where(Payment.invoice_id == shop.number)).one()
        row = Dispute(dispute_id=f"dp_{shop.number}", invoice_id=shop.number, payment_id=payment.payment_id)
        row.amount, row.currency, row.state = payment.amount, payment.currency, DisputeState.OPEN
        row.gateway_status, row.opened_at, row.updated_at = "needs_response", now, now
        session.add(row)
    return token


def void(shop: Shop) -> str:
    token = shop.invoice()
    with shop.app.transaction() as session:
        adjustments.void(session, invoice_id=shop.number, reason="A slip", actor="amy", now=shop.app.now())
    return token


def written_off(shop: Shop) -> str:
    token = part_paid(shop)
    with shop.app.transaction() as session:
        adjustments.write_off(
            session, invoice_id=shop.number, reason="Small", actor="amy", now=shop.app.now()
        )
    return token


def many_lines(shop: Shop, **invoice: str) -> str:
    """Sixty lines, with descriptions that take more than one line on a telephone."""
    token = shop.invoice(**invoice)
    with shop.app.transaction() as session:
        invoice_id = shop.number
        session.execute(delete(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id))
        session.add_all(
            InvoiceLine(
                invoice_id=invoice_id,
                position=number,
                description=f"Managed workstation, monthly, with antivirus and backup: seat {number}",
                quantity=Decimal("2.5"),
                unit_price=Decimal("0.50"),
                amount=125,
            )
            for number in range(1, 61)
        )
    return token


def uncharged(shop: Shop) -> str:
    """Dinars with a last digit that no card can be charged."""
    return shop.invoice(currency="KWD", total=34_781)


def expired(shop: Shop) -> str:
    token = shop.invoice()
    with shop.app.transaction() as session:
        invoice = session.get_one(Invoice, shop.number)
        invoice.payment_token_expires_at = shop.app.now() - timedelta(seconds=1)
    return token


def replaced(shop: Shop) -> str:
    token = shop.invoice()
    with shop.app.transaction() as session:
        pay_links.regenerate(session, invoice_id=shop.number, actor="amy", now=shop.app.now())
    return token


def unknown(_shop: Shop) -> str:
    return "0" * 64


STATES = {
    unpaid: "Payment",
    due_soon: "Payment",
    overdue: "Payment",
    part_paid: "Payment",
    plan: "Payment",
    waiting: "Waiting for your payment",
    processing: "Your payment is clearing",
    paid: "This invoice is paid",
    refunded: "This invoice was refunded",
    part_refunded: "This invoice was partly refunded",
    disputed: "A payment for this invoice is disputed",
    void: "This invoice was cancelled",
    written_off: "This invoice is closed",
    expired: "This payment link has expired",
    replaced: "This payment link was replaced",
    unknown: "This payment link is not valid",
}
"""Each state, and the heading that says what it is about."""


def unfold(page: Page) -> None:
    """Open all that is folded."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


def visit(context: BrowserContext, shop: Shop, token: str) -> Page:
    """Open the page, all of it unfolded and its form ready."""
    page = context.new_page()
    page.goto(shop.link(token))
    unfold(page)
    expect(page.locator("#submit")).to_be_enabled(timeout=TIMEOUT)
    return page


def arrives(page: Page) -> None:
    expect(page.get_by_role("heading", name=ARRIVED)).to_be_visible(timeout=TIMEOUT)
    expect(page.locator("#submit")).to_be_hidden()
    expect(page.locator("#talk")).to_be_hidden()


@contextmanager
def opened(folder: Path, database_url: str, sandbox_url: str) -> Iterator[Shop]:
    """Serve the application; its rate limits are not what is tested here."""
    port = free_port()
    rates = {name: "1000000/minute" for name in Settings.model_fields if name.endswith("rate_limit")}
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        sandbox_url=sandbox_url,
        public_url=f"http://127.0.0.1:{port}",
        **rates,  # type: ignore[arg-type]
    )
    app = build(settings)
    server = uvicorn.Server(uvicorn.Config(create_app(app), port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for_port(port)
    try:
        yield Shop(app, settings.public_url)
    finally:
        server.should_exit = True
        thread.join()
        app.close()
