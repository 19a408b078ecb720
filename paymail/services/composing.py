"""From rows to the typed values that emails and PDFs are rendered from."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from paymail.documents import InvoiceDocument, Line, Party, ReceiptDocument
from paymail.emails import (
    EmailLine,
    InvoiceEmail,
    NoticeEmail,
    ReceiptEmail,
    ReminderEmail,
    Tone,
)
from paymail.errors import NotFound
from paymail.models import Channel, Invoice, InvoiceLine, Issuer, Payment, PaymentPlan
from paymail.money import Money
from paymail.moneymail import LinkEmail
from paymail.services.plans.coverage import dues, plan_of
from paymail.wording import language_of

PARTIES_AND_PLAN = (
    joinedload(Invoice.issuer),
    joinedload(Invoice.customer),
    selectinload(Invoice.plan).selectinload(PaymentPlan.instalments),
)
"""What must be loaded with an invoice wherever reminders are decided."""


class NoSuchInvoice(NotFound):
    """No invoice has this id."""

    code = "no_such_invoice"


def load_invoice(session: Session, *, invoice_id: int, lock: bool = False, share: bool = False) -> Invoice:
    """Return an invoice with issuer, customer and lines.

    `lock` takes its row lock first, `share` a lock that others may share but no `lock` (PostgreSQL).
    """
    statement = (
        select(Invoice)
        .where(Invoice.invoice_id == invoice_id)
        .options(*PARTIES_AND_PLAN, selectinload(Invoice.lines))
    )
    if lock or share:
        # FOR NO KEY UPDATE: a row that only refers to the invoice, such as the timeline entry of a worker
        # that holds the message's lock, need not wait for it. With FOR UPDATE these two would deadlock.
        statement = statement.with_for_update(of=Invoice, read=share, key_share=not share)
        statement = statement.execution_options(populate_existing=True)
    invoice = session.scalars(statement).one_or_none()
    if invoice is None:
        raise NoSuchInvoice(f"there is no invoice {invoice_id}")
    return invoice


def payment_url(public_url: str, invoice: Invoice) -> str:
    """Return the secret pay link of an invoice; empty when it has none (revoked, or the customer erased)."""
    if invoice.payment_token is None:
        return ""
    return f"{public_url}/pay/{invoice.payment_token}"


def receipt_number(payment: Payment) -> str:
    """Return the receipt's number as printed, counted per issuer."""
    return f"R-{payment.receipt_number:06d}"


WAYS = {
    Channel.STRIPE: "",
    Channel.BANK_TRANSFER: "Bank transfer",
    Channel.CASH: "Cash",
    Channel.CHEQUE: "Cheque",
    Channel.OTHER: "Other means",
}
"""How money moves other than by Stripe, in words for customers; `formats.method` knows their translations."""


def method_of(payment: Payment) -> str:
    """Return how a payment came, for people: `Visa ending 4242`, or `Bank transfer, INV 502`."""
    if payment.channel is Channel.STRIPE:
        return payment.method
    return ", ".join(part for part in (WAYS[payment.channel], " ".join(payment.reference.split())) if part)


def local_date(issuer: Issuer, instant: datetime) -> date:
    """Return the issuer's calendar date of an instant."""
    return instant.astimezone(ZoneInfo(issuer.timezone)).date()


def _locale(invoice: Invoice) -> str:
    return invoice.customer.locale or invoice.issuer.locale


def _parties(invoice: Invoice) -> tuple[Party, Party]:
    issuer, customer = invoice.issuer, invoice.customer
    return (
        Party(issuer.name, issuer.reply_to or issuer.email, issuer.address, issuer.tax_id),
        Party(customer.name, customer.email, customer.address),
    )


def _line(line: InvoiceLine, currency: str) -> Line:
    amount = Money(line.amount, currency)
    return Line(line.position, line.description, line.quantity, line.unit_price, amount)


def invoice_document(invoice: Invoice, public_url: str) -> InvoiceDocument:
    """Return what the invoice PDF shows now."""
    issuer, customer = _parties(invoice)
    currency = invoice.currency
    return InvoiceDocument(
        number=invoice.number,
        issuer=issuer,
        customer=customer,
        issued=invoice.issued_date,
        due=invoice.due_date,
        lines=tuple(_line(line, currency) for line in invoice.lines),
        subtotal=Money(invoice.subtotal, currency),
        tax_name=invoice.issuer.tax_name,
        tax_rate=invoice.tax_rate,
        tax=Money(invoice.tax_amount, currency),
        total=Money(invoice.total, currency),
        paid=Money(invoice.amount_paid, currency),
        balance=Money(invoice.balance, currency),
        payment_url=payment_url(public_url, invoice),
        locale=_locale(invoice),
    )


def invoice_email(invoice: Invoice, public_url: str) -> InvoiceEmail:
    """Return the context of the invoice email."""
    document = invoice_document(invoice, public_url)
    return InvoiceEmail(
        issuer_name=document.issuer.name,
        issuer_email=document.issuer.email,
        customer_name=document.customer.name,
        invoice_number=document.number,
        issued=document.issued,
        due=document.due,
        lines=tuple(EmailLine(line.description, line.quantity, line.amount) for line in document.lines),
        subtotal=document.subtotal,
        tax_name=document.tax_name,
        tax_rate=document.tax_rate,
        tax=document.tax,
        total=document.total,
        paid=document.paid,
        balance=document.balance,
        payment_url=document.payment_url,
        locale=document.locale,
    )


def receipt_document(invoice: Invoice, payment: Payment) -> ReceiptDocument:
    """Return what the receipt PDF of one payment shows; it never changes afterwards."""
    issuer, customer = _parties(invoice)
    return ReceiptDocument(
        number=receipt_number(payment),
        invoice_number=invoice.number,
        issuer=issuer,
        customer=customer,
        paid_on=payment.paid_on or local_date(invoice.issuer, payment.received_at),
        method=method_of(payment),
        amount=Money(payment.amount, payment.currency),
        invoice_total=Money(invoice.total, invoice.currency),
        balance=Money(payment.balance_after, invoice.currency),
        locale=_locale(invoice),
    )


def receipt_email(invoice: Invoice, payment: Payment, public_url: str) -> ReceiptEmail:
    """Return the context of the receipt email."""
    document = receipt_document(invoice, payment)
    return ReceiptEmail(
        issuer_name=document.issuer.name,
        issuer_email=document.issuer.email,
        customer_name=document.customer.name,
        receipt_number=document.number,
        invoice_number=document.invoice_number,
        paid_on=document.paid_on,
        method=document.method,
        amount=document.amount,
        invoice_total=document.invoice_total,
        balance=document.balance,
        payment_url=payment_url(public_url, invoice),
        locale=document.locale,
    )


def reminder_email(
    invoice: Invoice, tone: Tone, today: date, public_url: str, due: date | None = None
) -> ReminderEmail:
    """Return the context of a reminder that goes out on `today`, the issuer's date.

    `due` is the instalment's date that it counts from; without one it is the oldest that is open.
    """
    document = invoice_document(invoice, public_url)
    plan = plan_of(invoice)
    counted = due or dues(invoice)[0]
    part = next((part for part in plan.parts if part.due == counted), None) if plan else None
    asked = plan.asked(max(counted, today)) if plan and part else invoice.balance
    return ReminderEmail(
        issuer_name=document.issuer.name,
        issuer_email=document.issuer.email,
        customer_name=document.customer.name,
        invoice_number=document.number,
        issued=document.issued,
        due=counted if part else document.due,
        days_overdue=(today - (counted if part else document.due)).days,
        tone=tone,
        total=document.total,
        balance=document.balance,
        asked=Money(asked, invoice.currency),
        instalment=part.position if part else 0,
        instalments=len(plan.parts) if plan and part else 0,
        payment_url=document.payment_url,
        locale=document.locale,
    )


def link_email(invoice: Invoice, last_day: date | None, public_url: str) -> LinkEmail:
    """Return the context of the email with a new link, which works through `last_day` (None: for ever)."""
    document = invoice_document(invoice, public_url)
    return LinkEmail(
        issuer_name=document.issuer.name,
        issuer_email=document.issuer.email,
        customer_name=document.customer.name,
        invoice_number=document.number,
        due=document.due,
        balance=document.balance,
        last_day=last_day,
        payment_url=document.payment_url,
        locale=document.locale,
    )


def notice_email(invoice: Invoice, text: str, public_url: str) -> NoticeEmail:
    """Return the context of a notice to staff; the first line of `text` is its headline."""
    headline, _, detail = text.partition("\n")
    issuer_locale = invoice.issuer.locale
    return NoticeEmail(
        issuer_name=invoice.issuer.name,
        invoice_number=invoice.number,
        customer_name=invoice.customer.name,
        headline=headline,
        detail=detail,
        staff_url=f"{public_url}/staff/invoices/{invoice.invoice_id}",
        # Notices are in English, whatever the issuer's language: their page is not to claim another.
        locale=issuer_locale if language_of(issuer_locale) == "en" else "en",
    )
