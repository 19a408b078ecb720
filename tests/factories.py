"""Rows and stand-ins that tests share. Stand-ins implement our own ports, never a library's inside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from paymail.clock import new_payment_token
from paymail.errors import Conflict, NotFound, Rejected
from paymail.models import Customer, Invoice, InvoiceLine, InvoiceStatus, PaymentStatus
from paymail.ports.mail import Envelope, Handover, Outcome, Verdict
from paymail.ports.payment_errors import KeyTaken
from paymail.ports.payments import (
    CANCELLABLE,
    EXPIRED,
    Event,
    GatewayAccount,
    Intent,
    IntentStatus,
    Waiting,
    WebhookEndpoint,
    described,
)
from paymail.ports.rendering import Letter, Written
from paymail.ports.reversals import GatewayDispute, GatewayRefund, Reversals
from paymail.ports.saved_methods import ReusableMethod
from paymail.services.core.issuers import ensure_issuer
from paymail.tax import LineTax, TaxCategory

GST = LineTax(TaxCategory.STANDARD, Decimal("10.00"))
GST_FREE = LineTax(TaxCategory.ZERO, Decimal(0))
NOW = datetime(2026, 3, 17, 1, 0, tzinfo=UTC)


def make_invoice(
    session: Session,
    *,
    invoice_id: int = 502,
    subtotal: int = 7500,
    tax: int = 750,
    currency: str = "AUD",
    status: InvoiceStatus = InvoiceStatus.SENT,
    paid: int = 0,
    name: str = "The Vacuum Shop",
    email: str = "",
    due_in: int = 25,
    ladder: str = "",
    reminders: bool = False,
) -> Invoice:
    """Write an invoice of one line with issuer and customer; with `reminders` the ladder looks at it."""
    issuer = ensure_issuer(
        session,
        name="Southern IT Services Pty Ltd",
        email="billing@southern-it.example",
        now=NOW,
        tax_id="51 824 753 556",
        stripe_account="acct_sandbox",
        host_mails_invoices=True,  # so that reminders are tried without an email before each of them
    )
    customer = Customer(
        issuer_id=issuer.issuer_id,
        name=name,
        email=email or f"c{invoice_id}@customer.example",
        created_at=NOW,
    )
    session.add(customer)
    session.flush()
    total = subtotal + tax
    payment = PaymentStatus.PAID if paid == total else PaymentStatus.PARTIAL if paid else PaymentStatus.UNPAID
    invoice = Invoice(
        invoice_id=invoice_id,
        number=str(invoice_id),
        issuer_id=issuer.issuer_id,
        customer_id=customer.customer_id,
        currency=currency,
        subtotal=subtotal,
        tax_rate=Decimal("10.00"),
        tax_amount=tax,
        total=total,
        amount_paid=paid,
        issued_date=date(2026, 3, 12),
        due_date=date(2026, 3, 17) + timedelta(days=due_in),
        ladder=ladder,
        status=status,
        payment_status=payment,
        payment_token=new_payment_token(),
        reminders_from=NOW,
        next_reminder_at=NOW if reminders else None,
        created_at=NOW,
        updated_at=NOW,
    )
    line = InvoiceLine(
        position=1,
        description="Remote support",
        quantity=Decimal(1),
        unit_price=Decimal("75.00"),
        amount=subtotal,
    )
    invoice.lines = [line]
    session.add(invoice)
    session.flush()
    return invoice


class PlainWriter:
    """Writes letters without a PDF engine."""

    def write(self, letter: Letter) -> Written:
        """Return a small email."""
        mime = f"Message-ID: {letter.message_id}\r\n\r\n{letter.email.kind}\r\n".encode()
        pdf = b"%PDF-" if letter.document is not None else None
        copies = letter.copies
        addresses = (letter.to_address, *copies.to, *copies.cc, *copies.bcc)
        return Written(letter.email.kind, mime, pdf, letter.from_address, addresses)


@dataclass
class ScriptedMailer:
    """Ends each try as told; records what was handed over after the handover was granted."""

    outcomes: list[Outcome] = field(default_factory=list)
    delivered: list[Envelope] = field(default_factory=list)

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        """Ask for the handover, then end as scripted (sent, once the script is over)."""
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome(Verdict.SENT, 250)
        if outcome.phase != "dot" and outcome.verdict is not Verdict.SENT:
            return outcome
        if not handover():
            return Outcome(Verdict.STOPPED)
        self.delivered.append(envelope)
        return outcome

    def probe(self) -> Outcome:
        """Always ready."""
        return Outcome(Verdict.SENT, 250)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class LedgerGateway:
    """Intents in memory, changed by the test as a customer or Stripe would."""

    intents: dict[str, Intent] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, GatewayRefund] = field(default_factory=dict)
    disputes: dict[str, GatewayDispute] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    refund_status: str = "succeeded"
    asked: dict[str, object] = field(default_factory=dict)
    staying: dict[str, str] = field(default_factory=dict)
    """The customer at Stripe with whom an intent's method stays."""
    attached: dict[str, str] = field(default_factory=dict)
    """The customer of each method that has one."""
    fees_refunded: list[bool | None] = field(default_factory=list)

    def create_intent(
        self,
        *,
        account: str,
        amount: int,
        currency: str,
        metadata: Mapping[str, str],
        idempotency_key: str,
        fee: int = 0,
        invoice_number: str = "",
        customer: str = "",
    ) -> Intent:
        """Create, or replay by the key, which other parameters than the first ones spoil."""
        asked = (account, amount, currency, dict(metadata), fee, invoice_number, customer)
        if self.asked.setdefault(idempotency_key, asked) != asked:
            raise KeyTaken("the request differs from an earlier one")
        if idempotency_key not in self.by_key:
            intent_id = f"pi_{len(self.intents) + 1}"
            self.by_key[idempotency_key] = intent_id
            self.staying[intent_id] = customer
            self.intents[intent_id] = Intent(
                id=intent_id,
                account=account,
                status=IntentStatus.REQUIRES_PAYMENT_METHOD,
                amount=amount,
                amount_received=0,
                currency=currency,
                client_secret=f"{intent_id}_secret_x",
                livemode=False,
                invoice_id=metadata["invoice_id"],
                method="",
                attempt_id=metadata.get("attempt_id", ""),
                fee=fee,
                description=described(invoice_number) if invoice_number else "",
            )
        return self.intents[self.by_key[idempotency_key]]

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        """Read on the right account only."""
        intent = self.intents.get(intent_id)
        if intent is None or intent.account != account:
            raise NotFound("no such intent")
        return intent

    def cancel_intent(self, *, account: str, intent_id: str) -> Intent:
        """Cancel, unless it is beyond that."""
        if self.intents[intent_id].status not in CANCELLABLE:
            raise Conflict("it is beyond cancelling")
        return self.set(intent_id, status=IntentStatus.CANCELED, waiting=None)

    def create_refund(
        self,
        *,
        account: str,
        intent_id: str,
        amount: int,
        reference: str,
        idempotency_key: str,
        refund_fee: bool | None = None,
    ) -> GatewayRefund:
        """Give back, or replay by the key; as many as asked for at most what came in."""
        if refund_fee is not None and not self.intents[intent_id].fee:
            raise Rejected("Attempting to refund_application_fee, but there is no application fee")
        self.fees_refunded.append(refund_fee)
        if idempotency_key not in self.by_key:
            given = sum(r.amount for r in self.refunds.values() if r.intent_id == intent_id)
            if given + amount > self.intents[intent_id].amount_received:
                raise Rejected("more than was paid")
            refund_id = f"re_{len(self.refunds) + 1}"
            self.by_key[idempotency_key] = refund_id
            currency = self.intents[intent_id].currency
            self.refunds[refund_id] = GatewayRefund(
                refund_id, intent_id, amount, currency, self.refund_status, "", reference
            )
        return self.refunds[self.by_key[idempotency_key]]

    def create_customer(self, *, account: str, reference: str, idempotency_key: str) -> str:
        """Create, or replay by the key."""
        made = f"cus_{account}_{reference}_{len(self.by_key)}"
        return self.by_key.setdefault(idempotency_key, made)

    def detach_method(self, *, account: str, method_id: str) -> None:
        """Detach, if it is attached."""
        self.attached.pop(method_id, None)

    def is_attached(self, *, account: str, method_id: str) -> bool:
        """Whether it has a customer."""
        return method_id in self.attached

    def reversals(self, *, account: str, intent_id: str) -> Reversals:
        """All refunds and disputes of an intent."""
        return Reversals(
            tuple(r for r in self.refunds.values() if r.intent_id == intent_id),
            tuple(d for d in self.disputes.values() if d.intent_id == intent_id),
        )

    def recent_reversals(self, *, account: str, since: int) -> Reversals:
        """All of an account, however old."""
        here = {i.id for i in self.intents.values() if i.account == account}
        return Reversals(
            tuple(r for r in self.refunds.values() if r.intent_id in here),
            tuple(d for d in self.disputes.values() if d.intent_id in here),
        )

    def events(self, *, account: str, since: int, types: Sequence[str]) -> Iterator[Event]:
        """What the test put there."""
        yield from (e for e in self.log if e.account == account and e.type in types and e.created >= since)

    def recent_intents(self, *, account: str, since: int) -> Iterator[Intent]:
        """The intents of an account."""
        yield from (i for i in self.intents.values() if i.account == account and i.created >= since)

    def account(self, *, account: str = "") -> GatewayAccount:
        """Every account may charge."""
        return GatewayAccount(account or "acct_platform", True)

    def webhook_endpoints(self) -> tuple[WebhookEndpoint, ...]:
        """Nothing listens."""
        return ()

    def verify_event(self, *, payload: bytes, signature: str) -> Event:
        """Not needed here: signatures are tested with the real gateway."""
        raise AssertionError("no webhook in this test")

    def set(self, intent_id: str, **changes: object) -> Intent:
        """Change an intent as Stripe would."""
        self.intents[intent_id] = replace(self.intents[intent_id], **changes)  # type: ignore[arg-type]
        return self.intents[intent_id]

    def succeed(self, intent_id: str) -> Intent:
        """The customer pays in full."""
        amount, customer = self.intents[intent_id].amount, self.staying.get(intent_id, "")
        if customer:
            self.attached[f"pm_{intent_id}"] = customer
            kept = ReusableMethod(f"pm_{intent_id}", customer, "Visa", "4242", 4, 2031)
            self.set(intent_id, reusable=kept)
        return self.set(
            intent_id,
            status=IntentStatus.SUCCEEDED,
            amount_received=amount,
            method="Visa ending 4242",
            waiting=None,
        )

    def await_customer(self, intent_id: str, kind: str = "konbini", until: datetime | None = None) -> Intent:
        """The customer picks a method whose money comes by their own act."""
        ends = int(until.timestamp()) if until else 0
        page = f"https://payments.stripe.com/{kind}/voucher/{intent_id}" if kind != "payto" else ""
        waiting = Waiting(kind, ends, page)
        return self.set(intent_id, status=IntentStatus.REQUIRES_ACTION, waiting=waiting)

    def give_up(self, intent_id: str, failure: str = EXPIRED) -> Intent:
        """What the customer was to do was not done in time, or they refused it."""
        waited = self.intents[intent_id].waiting
        return self.set(
            intent_id,
            status=IntentStatus.REQUIRES_PAYMENT_METHOD,
            failure=failure,
            failed_kind=waited.kind if waited else "",
            waiting=None,
        )


def add_untaxed_line(session: Session, *, amount: int, invoice_id: int = 502) -> None:
    """Bill a line that is free of tax beside what is on the invoice."""
    invoice = session.get_one(Invoice, invoice_id)
    line = InvoiceLine(
        invoice_id=invoice_id,
        position=2,
        description="Government fee",
        quantity=Decimal(1),
        unit_price=Decimal(amount),
        amount=amount,
        tax_rate=Decimal(0),
    )
    session.add(line)
    invoice.subtotal, invoice.total = invoice.subtotal + amount, invoice.total + amount
    session.flush()
