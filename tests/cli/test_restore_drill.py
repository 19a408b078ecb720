"""The database is restored from yesterday's backup: nobody is mailed or charged a second time."""

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from paymail.errors import PaymailError
from paymail.models import Channel, Message, MessageState, Payment, PaymentAttempt, Refund, RefundStatus
from paymail.ports.payments import IntentStatus
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.customer import SandboxDeclined, pay
from paymail.sandbox.server import SandboxServer
from paymail.services.core.restores import PaymentsOnHold
from paymail.services.payments import checkout, confirmation
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.tasks.sweep import sweep_once
from paymail.wiring import build
from tests.cli.running import run
from tests.factories import make_invoice
from tests.postgres import Cluster

NAME = "restore_drill"
CARD, BECS = "4242424242424242", "000123456"


class Office:
    """A PostgreSQL, the sandbox, and a mailbox that is no part of the backup."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self.cluster, self.settings = cluster, settings
        self.app = build(settings)
        self.tokens: dict[int, str] = {}

    def invoice(self, invoice_id: int) -> None:
        with self.app.transaction() as session:
            made = make_invoice(session, invoice_id=invoice_id, name=f"Customer {invoice_id}")
            self.tokens[invoice_id] = made.payment_token or ""

    def send(self, invoice_id: int) -> None:
        with self.app.transaction() as session:
            send_invoice(session, invoice_id=invoice_id, actor="staff", now=self.app.now())

    def start(self, invoice_id: int) -> str:
        return checkout.start_payment(self.app.gateway_context(), token=self.tokens[invoice_id]).client_secret

    def pays(self, invoice_id: int, secret: str, card: str = CARD) -> None:
        pay(secret, card, base_url=self.settings.sandbox_url)
        try:
            confirmation.confirm_payment(
                self.app.gateway_context(),
                token=self.tokens[invoice_id],
                intent_id=secret.partition("_secret")[0],
            )
        except PaymailError:
            assert card == BECS  # it is clearing

    def refund(self, invoice_id: int, amount: int) -> None:
        with self.app.transaction() as session:
            payment = session.scalars(select(Payment).where(Payment.invoice_id == invoice_id)).one()
            order = RefundOrder(amount, Channel.STRIPE)
            refund_requests.request(
                session, payment_id=payment.payment_id, order=order, actor="staff", now=self.app.now()
            )

    def sweep(self) -> None:
        sweep_once(self.app)
        sweep_once(self.app)

    def emails(self) -> int:
        return len(list(self.app.mailbox.rglob("*.eml")))

    def charges(self) -> Counter[str]:
        """How often each invoice was paid, or is being paid, at Stripe."""
        listed = self.app.gateway.recent_intents(account="acct_sandbox", since=0)
        paid = (IntentStatus.SUCCEEDED, IntentStatus.PROCESSING)
        return Counter(one.invoice_id for one in listed if one.status in paid)

    def refunded(self) -> list[int]:
        told = self.app.gateway.recent_reversals(account="acct_sandbox", since=0)
        return sorted(refund.amount for refund in told.refunds)

    def rows(self, table: type) -> list[object]:
        with self.app.reading() as session:
            return list(session.scalars(select(table)))

    def restore(self, file: str) -> None:
        self.app.close()
        self.cluster.restore(NAME, file)
        self.app = build(self.settings)


@pytest.fixture
def office(
    postgres: Cluster, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("drill")
    url = postgres.create(NAME, template="template_paymail")
    with SandboxServer(SandboxConfig()) as sandbox:
        settings = Settings(data_dir=folder, database_url=url, sandbox_url=sandbox.url)
        for name in ("data_dir", "database_url", "sandbox_url"):
            monkeypatch.setenv(f"PAYMAIL_{name.upper()}", str(getattr(settings, name)))
        found = Office(postgres, settings)
        yield found
        found.app.close()
    postgres.drop(NAME)


def lose_a_day(office: Office) -> str:
    """Work, back up, work on, and restore the backup; return a secret that a customer still holds."""
    for invoice_id in range(501, 508):
        office.invoice(invoice_id)
    for invoice_id in (501, 502):
        office.send(invoice_id)
    office.sweep()
    office.pays(501, office.start(501))
    office.sweep()
    opened = office.start(502)
    office.send(503)
    office.refund(501, 1000)
    file = office.cluster.dump(NAME)
    office.sweep()
    office.pays(502, opened)
    for invoice_id in (504, 505, 506, 507):
        office.send(invoice_id)
    office.sweep()
    office.pays(504, office.start(504))
    office.refund(504, 2000)
    held = office.start(505)
    office.pays(506, office.start(506), BECS)
    office.sweep()
    office.restore(file)
    return held


def test_a_restored_backup_mails_nobody_and_charges_nobody_a_second_time(office: Office) -> None:
    held = lose_a_day(office)
    emails, charges, refunds = office.emails(), office.charges(), office.refunded()
    # Seven invoices, three receipts and two refunds.
    assert (emails, refunds) == (12, [1000, 2000])
    assert charges == {"501": 1, "502": 1, "504": 1, "506": 1}

    said = run("db", "restored").output
    assert "on hold: mail and payments" in said
    with pytest.raises(PaymentsOnHold):
        office.start(505)
    office.sweep()
    assert office.emails() == emails
    payments = office.rows(Payment)
    assert sorted(one.invoice_id for one in payments) == [501, 502, 504]  # type: ignore[attr-defined]
    assert "emails marked as unknown" in run("db", "restored").output
    assert len(office.rows(Payment)) == 3

    assert "on hold: payments" in run("db", "restored", "--open", "mail").output
    assert "on hold: nothing" in run("db", "restored", "--open", "payments").output
    office.sweep()
    assert (office.emails(), office.charges(), office.refunded()) == (emails, charges, refunds)
    with pytest.raises(SandboxDeclined):
        pay(held, CARD, base_url=office.settings.sandbox_url)
    office.pays(505, office.start(505))
    assert office.charges() == charges + Counter({"505": 1})
    assert all(one.status is RefundStatus.SUCCEEDED for one in office.rows(Refund))  # type: ignore[attr-defined]
    live = [one.invoice_id for one in office.rows(PaymentAttempt) if one.status == "processing"]  # type: ignore[attr-defined]
    assert live == [506]
    unknown = [one for one in office.rows(Message) if one.state is MessageState.UNKNOWN]  # type: ignore[attr-defined]
    assert {one.kind for one in unknown} == {"invoice", "receipt", "refund"}  # type: ignore[attr-defined]
