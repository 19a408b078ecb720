"""From rows to the typed values that emails and PDFs are rendered from."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.documents import InvoiceDocument, Line, ReceiptDocument
from paymail.models import Channel, Invoice, InvoiceLine, InvoiceStatus, Issuer, Payment
from paymail.money import Money, next_share
from paymail.services.core.invoices import local_date, payment_url, verify_code, verify_url
from paymail.services.core.online_payment import online_obstacle
from paymail.services.core.parties import buyer_of, seller_of
from paymail.services.core.tax_invoices import may_be_tax_invoice
from paymail.tax import TaxTotal, line_tax, tax_totals


def receipt_number(payment: Payment) -> str:
    """Return the receipt's number as printed, counted per issuer."""
    return f"R-{payment.receipt_number:06d}"


WAYS = {
    Channel.STRIPE: "",
    Channel.BANK_TRANSFER: "Bank transfer",
    Channel.CASH: "Cash",
    Channel.CHEQUE: "Cheque",
    Channel.OTHER: "Other method",
    # How, the host does not say.
    Channel.HOST: "Other method",
}
"""How money moves other than by Stripe, in words for customers; `formats.method` knows their translations."""


def method_of(payment: Payment) -> str:
    """Return how a payment came, for people: `Visa ending 4242`, or `Bank transfer, INV 502`."""
    if payment.channel is Channel.STRIPE:
        return payment.method
    return ", ".join(part for part in (WAYS[payment.channel], " ".join(payment.reference.split())) if part)


def payment_day(issuer: Issuer, payment: Payment) -> date:
    """Return the day of a payment on the issuer's calendar: as staff wrote it down, or when it came."""
    return payment.paid_on or local_date(issuer, payment.received_at)


def _locale(invoice: Invoice) -> str:
    return invoice.customer.locale or invoice.issuer.locale


def _line(line: InvoiceLine, invoice: Invoice) -> Line:
    return Line(
        line.position,
        line.description,
        line.quantity,
        line.unit_price,
        Money(line.amount, invoice.currency),
        line_tax(line.tax_rate, line.tax_category, invoice.tax_rate),
    )


def taxes_of(invoice: Invoice) -> tuple[TaxTotal, ...]:
    """Return the invoice's tax per category and rate; together they are its `tax_amount`."""
    found = [(line_tax(x.tax_rate, x.tax_category, invoice.tax_rate), x.amount) for x in invoice.lines]
    return tax_totals(
        found or [(line_tax(None, "", invoice.tax_rate), invoice.subtotal)],
        subtotal=invoice.subtotal,
        tax=invoice.tax_amount,
        currency=invoice.currency,
    )


def invoice_document(invoice: Invoice, public_url: str) -> InvoiceDocument:
    """Return what the invoice PDF shows now, as far as its row knows.

    `letters/invoice_facts.py` adds what other rows know: credit notes, the last payment, when it was voided.
    """
    issuer, currency = invoice.issuer, invoice.currency
    return InvoiceDocument(
        number=invoice.number,
        issuer=seller_of(issuer, public_url, invoice.currency),
        customer=buyer_of(invoice.customer, issuer),
        issued=invoice.issued_date,
        due=invoice.due_date,
        lines=tuple(_line(line, invoice) for line in invoice.lines),
        subtotal=Money(invoice.subtotal, currency),
        tax_name=issuer.tax_name,
        taxes=taxes_of(invoice),
        tax=Money(invoice.tax_amount, currency),
        total=Money(invoice.total, currency),
        paid=Money(invoice.received, currency),
        balance=Money(invoice.balance, currency),
        payment_url=payment_url(public_url, invoice),
        locale=_locale(invoice),
        purchase_order=invoice.purchase_order,
        terms=invoice.terms or issuer.terms,
        notes=invoice.notes,
        credited=_some(invoice.amount_credited, currency),
        written_off=_some(invoice.amount_written_off, currency),
        void=invoice.status is InvoiceStatus.VOID,
        tax_invoice=invoice.status is not InvoiceStatus.VOID and may_be_tax_invoice(invoice),
        verify_code=verify_code(invoice) if public_url else "",
        verify_url=verify_url(public_url, invoice),
        not_online=online_obstacle(invoice) or "",
        tax_local=_some(invoice.tax_aud or 0, "AUD") if currency != "AUD" else None,
    )


def receipt_document(session: Session, *, invoice: Invoice, payment: Payment) -> ReceiptDocument:
    """Return what the receipt PDF of one payment shows; it never changes afterwards.

    The tax in it is the payment's share of the invoice's tax (`_tax_in`).
    """
    currency, taxes = invoice.currency, taxes_of(invoice)
    return ReceiptDocument(
        number=receipt_number(payment),
        invoice_number=invoice.number,
        issuer=seller_of(invoice.issuer, "", invoice.currency),
        customer=buyer_of(invoice.customer, invoice.issuer),
        paid_on=payment_day(invoice.issuer, payment),
        method=method_of(payment),
        amount=Money(payment.amount, payment.currency),
        invoice_total=Money(invoice.total, currency),
        balance=Money(payment.balance_after, currency),
        invoice_issued=invoice.issued_date,
        lines=tuple(_line(line, invoice) for line in invoice.lines),
        subtotal=Money(invoice.subtotal, currency),
        tax_name=invoice.issuer.tax_name,
        taxes=taxes,
        tax_in=_some(_tax_in(session, payment, invoice), currency),
        taken_off=_some(max(invoice.total - payment.amount - payment.balance_after, 0), currency),
        overpaid=_some(max(payment.amount + payment.balance_after - invoice.total, 0), currency),
        tax_invoice=any(total.rate for total in taxes),
        locale=_locale(invoice),
    )


def _some(minor: int, currency: str) -> Money | None:
    return Money(minor, currency) if minor else None


def _tax_in(session: Session, payment: Payment, invoice: Invoice) -> int:
    """Return the tax in a payment, in minor units; those of an invoice add up to its tax at most.

    So it is counted from what was settled before and after it. Zero where a part of the payment was not owed:
    then its share is not known. Only what was there before is asked, so that a receipt never changes.
    """
    after = invoice.total - payment.balance_after
    before = after - payment.amount
    earlier = select(func.coalesce(func.sum(Payment.amount), 0), func.min(Payment.balance_after)).where(
        Payment.invoice_id == payment.invoice_id, Payment.payment_id < payment.payment_id
    )
    paid, least = session.execute(earlier).one()
    if before < 0 or least == 0 or paid + payment.amount > invoice.total:
        return 0
    return next_share(invoice.tax_amount, before, payment.amount, invoice.total)
