"""From rows to the typed values that emails and PDFs are rendered from."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from paymail.documents import InvoiceDocument, Line, Party, ReceiptDocument
from paymail.errors import NotFound
from paymail.models import Channel, Invoice, InvoiceLine, Issuer, Payment, PaymentPlan
from paymail.money import Money

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
    """Return the issuer's calendar date of an instant; by UTC while the issuer's zone cannot be read.

    Then nothing is planned or reminded (BadCalendar), but pages must still show what is wrong.
    """
    try:
        zone = ZoneInfo(issuer.timezone)
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return instant.astimezone(zone).date()


def payment_day(issuer: Issuer, payment: Payment) -> date:
    """Return the day of a payment on the issuer's calendar: as staff wrote it down, or when it came."""
    return payment.paid_on or local_date(issuer, payment.received_at)


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
        # Beside a balance it is all that took it down: the sums add up also after refunds and credits.
        paid=Money(invoice.total - invoice.balance if invoice.balance else invoice.amount_paid, currency),
        balance=Money(invoice.balance, currency),
        payment_url=payment_url(public_url, invoice),
        locale=_locale(invoice),
    )


def receipt_document(invoice: Invoice, payment: Payment) -> ReceiptDocument:
    """Return what the receipt PDF of one payment shows; it never changes afterwards."""
    issuer, customer = _parties(invoice)
    return ReceiptDocument(
        number=receipt_number(payment),
        invoice_number=invoice.number,
        issuer=issuer,
        customer=customer,
        paid_on=payment_day(invoice.issuer, payment),
        method=method_of(payment),
        amount=Money(payment.amount, payment.currency),
        invoice_total=Money(invoice.total, invoice.currency),
        balance=Money(payment.balance_after, invoice.currency),
        locale=_locale(invoice),
    )
