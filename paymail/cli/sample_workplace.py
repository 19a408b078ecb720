"""The sample as a workplace of some months: emails that failed, replies of customers, money both ways.

All by the use cases that pages call, in one transaction: a start that is cut short leaves none of it, and a
second start does nothing. No server is asked; what it mails goes into the embedded mailbox.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.cli.sample_data import invoice_of, sample_issuer
from paymail.cli.sample_files import tasman_invoices
from paymail.errors import Conflict, InvalidInput
from paymail.models import Channel, Invoice, Issuer, Message, MessageState, ObjectionReason, Payment
from paymail.services.bounces import effects
from paymail.services.bounces.report import Kind, Report, finding_of
from paymail.services.core.contexts import Context
from paymail.services.core.history import SAMPLE
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.core.issuers import ensure_issuer
from paymail.services.customers import objections, promises
from paymail.services.customers.objections import Wrong
from paymail.services.imports import import_invoices, open_host_file
from paymail.services.links import pay_links
from paymail.services.outbox import queue
from paymail.services.payments import adjustments
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Cadence, equal_parts
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.services.sending.invoice_emails import send_invoice
from paymail.wiring import App

EMAILED = ("427", "433", "441", "454", "455", "469", "T-1004", "T-1005")
"""Due from last week to the next but one: reminders of them stand in the forecast."""
IN_DOUBT, BOUNCED = "431", "T-1003"
DAY = timedelta(days=1)


def tasman(session: Session, *, now: datetime) -> Issuer:
    """Return the second company, making it if it is new; its account exists at the sandbox only."""
    return ensure_issuer(
        session,
        name="Tasman Web Studio Ltd",
        email="accounts@tasman-web.example",
        now=now,
        tax_id="49-091-850",
        address="8 Quay Lane\nWellington 6011",
        stripe_account="acct_sandbox",
        country="NZ",
        currency="NZD",
        locale="en-NZ",
        timezone="Pacific/Auckland",
    )


def load_workplace(app: App) -> bool:
    """Make it of the sample's invoices; False if it is there, or the sample is not as it was loaded."""
    now = app.now()
    with app.transaction() as session:
        second = tasman(session, now=now)
        issuer_id, today = second.issuer_id, local_date(second, second.created_at)
        bounced = invoice_of(session, issuer_id=issuer_id, number=BOUNCED)
        if bounced and session.scalar(select(Message.message_id).where(Message.invoice_id == bounced)):
            return False
    import_invoices(
        Context(app.transaction, app.now),
        source=open_host_file(tasman_invoices(today)),
        issuer_id=issuer_id,
        actor=SAMPLE,
    )
    with suppress(Conflict, InvalidInput), app.transaction() as session:
        first = sample_issuer(session, now=now).issuer_id
        desk = _Desk(session, now, first, issuer_id)
        desk.mail()
        desk.replies()
        desk.money()
        return True
    return False


@dataclass(frozen=True, slots=True)
class _Desk:
    session: Session
    now: datetime
    first: int
    second: int

    def mail(self) -> None:
        """Emails of invoices: on their way, in doubt, and come back."""
        for number in EMAILED:
            self._email(number)
        self._doubt(self._email(IN_DOUBT), "the mail server did not answer after the email was handed over")
        message = self._email(BOUNCED)
        # A report about an email shows that it was accepted: no server is there to say so.
        self._doubt(message, "")
        reply = "550 5.1.1 The email account that you tried to reach does not exist"
        finding = finding_of([message.recipient], Kind.HARD, field="5.1.1", reply=reply)
        report = Report("sample", header_ids=(message.header_id,), findings=(finding,))
        effects.apply(self.session, report=report, source=SAMPLE, now=self.now)

    def replies(self) -> None:
        """What customers said on the pay page."""
        today = local_date(self._invoice("469").issuer, self.now)
        early = self.now - 6 * DAY
        promises.promise(self.session, token=self._token("469"), day=today + 5 * DAY, now=self.now)
        promises.promise(self.session, token=self._token("407"), day=today - 3 * DAY, now=early)
        said = "Paid by transfer on Monday, reference 396"
        promises.report_paid(self.session, token=self._token("396"), text=said, now=self.now - DAY)
        wrong = Wrong(ObjectionReason.PRICE, (1,), "We agreed on two hours less for this job.")
        objections.object_to(self.session, token=self._token("404"), wrong=wrong, now=self.now - DAY)

    def money(self) -> None:
        """Transfers, a plan, a refund with its credit note, a write-off, and what was billed twice."""
        session, now = self.session, self.now
        for number, part, days in (("364", 1, 1), ("478", 2, 0), ("T-1002", 1, 2)):
            invoice = self._invoice(number)
            paid_on = local_date(invoice.issuer, now) - days * DAY
            asked = ManualPayment(invoice.balance // part, Channel.BANK_TRANSFER, paid_on, f"INV {number}")
            record_payment(session, invoice_id=invoice.invoice_id, asked=asked, actor=SAMPLE, now=now)
        planned = self._invoice("472")
        parts = equal_parts(planned.balance, 3, local_date(planned.issuer, now) + 7 * DAY, Cadence.MONTHLY)
        agreement.agree(session, invoice_id=planned.invoice_id, parts=parts, actor=SAMPLE, now=now)
        paid = select(Payment).where(Payment.invoice_id == self._invoice("492").invoice_id)
        payment = session.scalars(paid).one()
        order = RefundOrder(payment.amount // 10, Channel.BANK_TRANSFER, "One visit fewer than billed")
        refund_requests.request(session, payment_id=payment.payment_id, order=order, actor=SAMPLE, now=now)
        for act, number, reason in (
            (adjustments.write_off, "363", "Not worth another letter"),
            (adjustments.void, "448", "Billed twice"),
        ):
            act(session, invoice_id=self._invoice(number).invoice_id, reason=reason, actor=SAMPLE, now=now)

    def _invoice(self, number: str) -> Invoice:
        issuer_id = self.second if number.startswith("T-") else self.first
        found = invoice_of(self.session, issuer_id=issuer_id, number=number)
        return load_invoice(self.session, invoice_id=found or 0, lock=True)

    def _token(self, number: str) -> str:
        invoice = self._invoice(number)
        pay_links.ensure(self.session, invoice=invoice, actor=SAMPLE, now=self.now)
        return invoice.payment_token or ""

    def _email(self, number: str) -> Message:
        invoice_id = self._invoice(number).invoice_id
        sent = send_invoice(self.session, invoice_id=invoice_id, actor=SAMPLE, now=self.now)
        return self.session.get_one(Message, sent.message_id)

    def _doubt(self, message: Message, reason: str) -> None:
        queue.move(
            self.session,
            message_id=message.message_id,
            under=message.fence,
            sources=(MessageState.SCHEDULED,),
            target=MessageState.UNKNOWN,
            reason=reason,
        )
        self.session.refresh(message)
