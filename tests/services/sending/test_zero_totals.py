"""An invoice over nothing is mailed as settled, and never reminded of."""

from datetime import timedelta

import pytest

from paymail import db
from paymail.models import InvoiceStatus
from paymail.services.core.invoices import load_invoice
from paymail.services.letters.send_rules import while_owed
from paymail.services.payments.summary import State, summary_of
from paymail.services.sending import bulk, invoice_emails
from paymail.services.sending.bulk import Selection
from paymail.services.sending.bulk.bulk_sends import EmptySelection
from tests.services.emailed_invoice import EmailedInvoice


@pytest.fixture
def free(emailed: EmailedInvoice) -> EmailedInvoice:
    """Invoice 502 after a discount of 100 %."""
    emailed.set(subtotal=0, tax_amount=0, total=0)
    return emailed


def test_its_email_goes_out_once(free: EmailedInvoice) -> None:
    free.send()
    assert free.turn() == 1
    assert free.message().state == "sent"
    free.send()
    assert free.turn() == 0


def test_a_draft_over_nothing_is_issued_by_it(free: EmailedInvoice) -> None:
    free.set(status=InvoiceStatus.DRAFT)
    free.send()
    assert free.turn() == 1
    assert free.invoice().status is InvoiceStatus.SENT


def test_it_is_never_reminded_of(free: EmailedInvoice) -> None:
    free.send()
    for _ in range(60):
        free.turn()
        free.clock += timedelta(days=1)
    assert [message.kind for message in free.messages()] == ["invoice"]


def test_its_page_says_that_there_is_nothing_to_pay(free: EmailedInvoice) -> None:
    with db.reading(free.engine) as session:
        found = summary_of(session, invoice=load_invoice(session, invoice_id=502), now=free.clock)
    assert (found.state, found.asked.minor) == (State.SETTLED, 0)


def test_a_bulk_send_leaves_it_out_as_it_asks_for_money(free: EmailedInvoice) -> None:
    with db.transaction(free.engine) as session, pytest.raises(EmptySelection):
        bulk.start(session, selection=Selection(currency="AUD"), actor="staff", now=free.clock)


def test_what_was_void_or_paid_is_still_not_sent(free: EmailedInvoice) -> None:
    free.set(status=InvoiceStatus.VOID)
    with pytest.raises(invoice_emails.NotSendable):
        free.send()
    assert while_owed(free.invoice()) == "the invoice is void"
    free.set(status=InvoiceStatus.SENT, subtotal=100, total=100, amount_paid=100)
    with pytest.raises(invoice_emails.NotSendable):
        free.send()
    assert while_owed(free.invoice()) == "already paid"
    free.set(amount_paid=0, amount_credited=100)
    assert while_owed(free.invoice()) == "nothing is left to pay"
