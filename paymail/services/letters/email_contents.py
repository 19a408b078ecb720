"""From rows to the context of each email about an invoice (about refunds: `crediting`)."""

from datetime import date

from paymail.emails import EmailLine, InvoiceEmail, NoticeEmail, ReceiptEmail, ReminderEmail, Tone
from paymail.i18n import language_of
from paymail.models import Invoice, Payment
from paymail.money import Money
from paymail.moneymail import LinkEmail
from paymail.services.core.documents import invoice_document, receipt_document
from paymail.services.core.invoices import payment_url
from paymail.services.plans.coverage import dues, plan_of


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
