"""What a receipt says besides the payment: its tax, and where a plan stands after it."""

from datetime import date

import pytest

from paymail.emails import ReceiptEmail
from paymail.models import Channel, PaymentStatus
from paymail.services.letters.letters import letter_for
from paymail.services.payments import manual_payments
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Part
from tests.services.emailed_invoice import EmailedInvoice

PLAN = (Part(date(2026, 4, 1), 2750), Part(date(2026, 5, 1), 2750), Part(date(2026, 6, 1), 2750))


def agree(emailed: EmailedInvoice) -> None:
    with emailed.context.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=PLAN, actor="amy", now=emailed.clock)


def pay(emailed: EmailedInvoice, amount: int) -> None:
    asked = ManualPayment(amount, Channel.CASH, date(2026, 3, 17))
    with emailed.context.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=emailed.clock)


def receipt(emailed: EmailedInvoice, number: int = -1) -> ReceiptEmail:
    with emailed.context.transaction() as session:
        message = session.merge(emailed.messages("receipt")[number])
        email = letter_for(session, message=message, public_url="https://x", date=emailed.clock).email
    assert isinstance(email, ReceiptEmail)
    return email


def test_a_payment_of_all_shows_what_it_was_for(emailed: EmailedInvoice) -> None:
    pay(emailed, 8250)
    found = receipt(emailed)
    assert [line.amount.minor for line in found.lines] == [7500]
    assert (found.subtotal.minor, found.tax.minor, found.balance.minor) == (7500, 750, 0)
    assert (found.payable, found.parts, found.next_due) == (False, (), None)


@pytest.mark.parametrize("amounts", [(2750, 2750, 2750), (1, 8249), (3333, 3333, 1584)])
def test_the_tax_in_the_payments_adds_up_to_that_of_the_invoice(
    emailed: EmailedInvoice, amounts: tuple[int, ...]
) -> None:
    for amount in amounts:
        pay(emailed, amount)
    taxes = [receipt(emailed, number).tax.minor for number in range(len(amounts))]
    assert sum(taxes) == 750
    assert all(abs(tax * 11 - amount) <= 11 for tax, amount in zip(taxes, amounts, strict=True))


def test_of_what_was_paid_too_much_no_tax_is_claimed(emailed: EmailedInvoice) -> None:
    pay(emailed, 9000)
    assert receipt(emailed).tax.minor == 0


def test_a_receipt_does_not_change_and_no_tax_is_claimed_twice(emailed: EmailedInvoice) -> None:
    pay(emailed, 5000)
    pay(emailed, 5000)
    assert [receipt(emailed, number).tax.minor for number in (0, 1)] == [455, 0]
    emailed.set(amount_refunded=1750)
    assert [receipt(emailed, number).tax.minor for number in (0, 1)] == [455, 0]


def test_a_second_payment_of_all_has_no_tax_in_it_whatever_becomes_of_it(emailed: EmailedInvoice) -> None:
    pay(emailed, 8250)
    emailed.set(amount_paid=0, payment_status=PaymentStatus.UNPAID)
    pay(emailed, 8250)
    assert [receipt(emailed, number).tax.minor for number in (0, 1)] == [750, 0]


def test_who_keeps_a_plan_is_told_of_the_next_instalment_as_it_stood_then(emailed: EmailedInvoice) -> None:
    agree(emailed)
    pay(emailed, 2750)
    pay(emailed, 2750)
    first, second = receipt(emailed, 0), receipt(emailed, 1)
    assert [part.open.minor for part in first.parts] == [0, 2750, 2750]
    assert (first.next_due, first.next_amount.minor, first.late) == (date(2026, 5, 1), 2750, False)
    assert [part.open.minor for part in second.parts] == [0, 0, 2750]
    assert second.next_due == date(2026, 6, 1)


def test_an_instalment_that_is_late_after_a_payment_is_said_to_be(emailed: EmailedInvoice) -> None:
    agree(emailed)
    emailed.at("2026-05-02T10:00")
    pay(emailed, 2750)
    found = receipt(emailed)
    assert (found.next_due, found.late) == (date(2026, 5, 1), True)


def test_what_was_written_off_is_not_said_to_be_paid_in_full(emailed: EmailedInvoice) -> None:
    pay(emailed, 8250)
    assert receipt(emailed).in_full
    emailed.set(amount_written_off=3250)
    assert not receipt(emailed).in_full
