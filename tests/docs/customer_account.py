"""One issuer with all that a customer sees of it, and the invoices and letters of a tour."""

import urllib.request
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import delete, select

from paymail.emails.reminder import Tone
from paymail.models import (
    Channel,
    Invoice,
    InvoiceLine,
    Issuer,
    Message,
    MessageKind,
    Payment,
    PaymentAttempt,
)
from paymail.money import round_half_up, to_minor
from paymail.sandbox.wire import post
from paymail.services.core.invoices import load_invoice, verify_code
from paymail.services.delivery import deliveries
from paymail.services.issuers.logos import set_logo
from paymail.services.letters import statements
from paymail.services.letters.proof import Part, bytes_of
from paymail.services.payments import adjustments
from paymail.services.plans import agreement, instalments
from paymail.services.plans.instalments import Cadence
from paymail.services.reconciliation import open_attempts
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.services.reminders.by_hand import remind_by_hand
from paymail.services.sending import invoice_emails
from tests.docs.customer_particulars import BUYER, FOUR, IDENTITY, logo
from tests.docs.customer_shots import PANE, PHONE, Email, Paper, Screen
from tests.journeys.shop import Shop


class Account:
    """A customer's dealings with one issuer, at the shop of the journeys."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def invoice(
        self,
        lines: Sequence[tuple[str, str, str, str]] = FOUR,
        *,
        due_in: int = 14,
        currency: str = "AUD",
        **buyer: str,
    ) -> str:
        """Write an invoice of these lines and return its link's token."""
        token = self.shop.invoice(due_in=due_in, currency=currency, **BUYER | buyer)
        self.issuer()
        with self.shop.app.transaction() as session:
            invoice = session.get_one(Invoice, self.shop.number)
            session.execute(delete(InvoiceLine).where(InvoiceLine.invoice_id == invoice.invoice_id))
            rows = [_line(invoice, at, line) for at, line in enumerate(lines, 1)]
            session.add_all(rows)
            taxed: Counter[Decimal] = Counter()
            for row in rows:
                taxed[row.tax_rate or Decimal(0)] += row.amount
            invoice.subtotal = taxed.total()
            invoice.tax_amount = sum(round(part * rate / 100) for rate, part in taxed.items())
            invoice.total = invoice.subtotal + invoice.tax_amount
            invoice.purchase_order = "PO-7741"
        return token

    def issuer(self, picture: bytes = b"", **changes: object) -> None:
        """Give the issuer all that it can have, but for what is changed."""
        with self.shop.app.transaction() as session:
            row = session.scalars(select(Issuer)).one()
            for name, value in {**IDENTITY, **changes}.items():
                setattr(row, name, value)
            set_logo(session, issuer=row, content=picture or logo(), actor="amy", now=self.shop.app.now())

    def change(self, **values: object) -> None:
        """Change the newest invoice's columns."""
        with self.shop.app.transaction() as session:
            for name, value in values.items():
                setattr(session.get_one(Invoice, self.shop.number), name, value)

    def mailed(self, lines: Sequence[tuple[str, str, str, str]] = FOUR, **more: object) -> str:
        """Write an invoice, and email it."""
        token = self.invoice(lines, **more)  # type: ignore[arg-type]
        self.send()
        return token

    def send(self) -> None:
        """Email the newest invoice."""
        with self.shop.app.transaction() as session:
            invoice_emails.send_invoice(
                session, invoice_id=self.shop.number, actor="amy", now=self.shop.app.now()
            )
        self.sweep()

    def sweep(self) -> None:
        """Deliver what is due."""
        deliveries.sweep(self.shop.app.delivery_context())

    def message(self, kind: MessageKind) -> int:
        """Return the newest message of a kind of the newest invoice, delivered."""
        self.sweep()
        with self.shop.app.reading() as session:
            mine = select(Message.message_id).where(
                Message.invoice_id == self.shop.number, Message.kind == kind, Message.mime_sha256.is_not(None)
            )
            return session.scalars(mine.order_by(Message.message_id)).all()[-1]

    def email(self, kind: MessageKind, width: int = PHONE, scheme: str = "light") -> Email:
        """Return the newest email of a kind, as it was handed over."""
        message_id = self.message(kind)
        with self.shop.app.reading() as session:
            return Email(bytes_of(session, message_id=message_id, part=Part.EMAIL), width, scheme)

    def both(self, kind: MessageKind) -> tuple[Email, Email]:
        """Return the newest email of a kind, on a telephone and in a pane."""
        return self.email(kind), self.email(kind, PANE)

    def attached(self, kind: MessageKind, last: int = 3) -> Paper:
        """Return the PDF of the newest email of a kind."""
        message_id = self.message(kind)
        with self.shop.app.reading() as session:
            return Paper(bytes_of(session, message_id=message_id, part=Part.PDF), last)

    def paper(self, token: str, what: str = "invoice") -> Paper:
        """Download a PDF from the pay page of a link."""
        address = f"{self.shop.url}/api/public/pay/{token}/{what}.pdf"
        with urllib.request.urlopen(address) as answer:
            return Paper(answer.read())

    def statement(self) -> Paper:
        """Return the newest customer's statement."""
        app = self.shop.app
        with app.reading() as session:
            invoice = session.get_one(Invoice, self.shop.number)
            found = statements.statement(
                session,
                customer_id=invoice.customer_id,
                now=app.now(),
                currency=invoice.currency,
                public_url=app.settings.public_url,
            )
            return Paper(app.pdf.render(found))

    def page(self, token: str, **more: object) -> Screen:
        """Return the pay page of a link."""
        return Screen(self.shop.link(token), **more)  # type: ignore[arg-type]

    def plan(self, parts: int = 3) -> None:
        """Agree on a plan for the newest invoice, in months."""
        app = self.shop.app
        with app.transaction() as session:
            invoice = load_invoice(session, invoice_id=self.shop.number)
            agreed = instalments.equal_parts(invoice.balance, parts, invoice.due_date, Cadence.MONTHLY)
            agreement.agree(session, invoice_id=invoice.invoice_id, parts=agreed, actor="amy", now=app.now())

    def change_instalments(self, days: int) -> None:
        """Move the dates of the newest invoice's plan by so many days."""
        with self.shop.app.transaction() as session:
            plan = load_invoice(session, invoice_id=self.shop.number).plan
            for part in plan.instalments if plan else ():
                part.due_date += timedelta(days)

    def remind(self, tone: Tone) -> None:
        """Remind of the newest invoice, as staff do."""
        with self.shop.app.transaction() as session:
            now = self.shop.app.now()
            remind_by_hand(session, invoice_id=self.shop.number, tone=tone, actor="amy", now=now)

    def void(self, reason: str) -> None:
        """Cancel the newest invoice."""
        with self.shop.app.transaction() as session:
            now = self.shop.app.now()
            adjustments.void(session, invoice_id=self.shop.number, reason=reason, actor="amy", now=now)

    def refund(self, amount: int, reason: str, *, owed_again: bool = False) -> None:
        """Give back some of the newest payment, by bank transfer."""
        app = self.shop.app
        with app.transaction() as session:
            payment = session.scalars(
                select(Payment)
                .where(Payment.invoice_id == self.shop.number)
                .order_by(Payment.payment_id.desc())
            ).first()
            assert payment is not None
            order = RefundOrder(amount, Channel.BANK_TRANSFER, reason, owed_again)
            refund_requests.request(
                session, payment_id=payment.payment_id, order=order, actor="amy", now=app.now()
            )

    def banks_answer(self) -> None:
        """Let the banks answer for debits that are clearing, and paymail hear of the newest invoice's."""
        context = self.shop.app.gateway_context()
        json_body = {"Content-Type": "application/json"}
        post(f"{self.shop.app.settings.sandbox_url}/_sandbox/advance", b"{}", json_body, 30)
        with self.shop.app.reading() as session:
            mine = select(PaymentAttempt).where(PaymentAttempt.invoice_id == self.shop.number)
            attempt = session.scalars(mine).one()
            intent_id, account = attempt.intent_id, attempt.account
        intent = context.gateway.retrieve_intent(account=account, intent_id=intent_id or "")
        open_attempts.settle(context, intent=intent, seen=None)

    def verify_code(self) -> str:
        """Return the code of the newest invoice, as it is printed."""
        with self.shop.app.reading() as session:
            return verify_code(load_invoice(session, invoice_id=self.shop.number))

    def join(self, other: int) -> None:
        """Give the newest invoice's customer another invoice, issued later."""
        with self.shop.app.transaction() as session:
            mine = session.get_one(Invoice, self.shop.number).customer_id
            session.get_one(Invoice, other).customer_id = mine


def _line(invoice: Invoice, at: int, line: tuple[str, str, str, str]) -> InvoiceLine:
    words, quantity, price, rate = line
    return InvoiceLine(
        invoice_id=invoice.invoice_id,
        position=at,
        description=words,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        amount=_charged(Decimal(quantity) * Decimal(price), invoice.currency),
        tax_rate=Decimal(rate),
    )


def _charged(amount: Decimal, currency: str) -> int:
    return to_minor(round_half_up(amount, currency), currency)
