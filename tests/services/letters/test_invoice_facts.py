"""What the invoice's document says of payments and of a plan, from the rows beside the invoice's own."""

from datetime import date

from paymail.documents import InvoiceDocument
from paymail.models import Channel
from paymail.services.core.invoices import load_invoice
from paymail.services.letters.invoice_facts import full_document
from paymail.services.payments import manual_payments
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Part
from tests.services.emailed_invoice import EmailedInvoice


def pay(emailed: EmailedInvoice, amount: int, day: int) -> None:
    asked = ManualPayment(amount, Channel.CASH, date(2026, 3, day))
    with emailed.context.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=emailed.clock)


def shown(emailed: EmailedInvoice) -> InvoiceDocument:
    with emailed.context.transaction() as session:
        invoice = load_invoice(session, invoice_id=502)
        return full_document(session, invoice=invoice, public_url="https://pay.example")


def test_a_plan_stands_in_it_with_what_is_open_of_each_instalment(emailed: EmailedInvoice) -> None:
    parts = (Part(date(2026, 4, 1), 4000), Part(date(2026, 5, 1), 4250))
    with emailed.context.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=emailed.clock)
    pay(emailed, 5000, 13)
    assert [(part.due, part.amount.minor) for part in shown(emailed).instalments] == [
        (date(2026, 5, 1), 3250)
    ]
    pay(emailed, 3250, 13)
    assert shown(emailed).instalments == ()


def test_it_was_paid_when_the_last_of_it_came_and_not_when_too_much_came(emailed: EmailedInvoice) -> None:
    pay(emailed, 8250, 13)
    emailed.set(amount_paid=8300)
    found = shown(emailed)
    assert (found.paid_on, found.paid_by) == (date(2026, 3, 13), "Cash")


def test_of_several_payments_the_day_is_said_and_no_method(emailed: EmailedInvoice) -> None:
    pay(emailed, 5000, 13)
    pay(emailed, 3250, 14)
    found = shown(emailed)
    assert (found.paid_on, found.paid_by) == (date(2026, 3, 14), "")


def test_what_was_written_off_or_went_back_was_not_paid_on_a_day(emailed: EmailedInvoice) -> None:
    pay(emailed, 8250, 13)
    emailed.set(amount_paid=5000, amount_written_off=3250)
    assert shown(emailed).paid_on is None
    emailed.set(amount_paid=16500, amount_written_off=0, amount_refunded=8250)
    assert (shown(emailed).paid_on, shown(emailed).paid_by) == (None, "")
