"""A copy goes to the address that was named and to nobody else, once a day, and not to whoever one likes."""

from datetime import date, timedelta

import pytest

from paymail.documents import InvoiceDocument
from paymail.emails import CopyEmail
from paymail.errors import Conflict, InvalidInput, NotFound, TooMany
from paymail.models import Channel, MessageState
from paymail.services.core.history import CUSTOMER
from paymail.services.customers import addresses
from paymail.services.letters.letters import letter_for
from paymail.services.outbox import suppressions
from paymail.services.payments import adjustments, manual_payments
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.sending.copies import MOST, send_copy
from tests.services.emailed_invoice import EmailedInvoice

TO = "books@accountant.example"


def copy(emailed: EmailedInvoice, to: str = TO, payment_id: int | None = None, actor: str = CUSTOMER) -> bool:
    with emailed.context.transaction() as session:
        return send_copy(
            session, invoice_id=502, to=to, actor=actor, now=emailed.clock, payment_id=payment_id
        ).created


def paid(emailed: EmailedInvoice) -> int:
    asked = ManualPayment(8250, Channel.CASH, date(2026, 3, 17))
    with emailed.context.transaction() as session:
        return manual_payments.record_payment(
            session, invoice_id=502, asked=asked, actor="amy", now=emailed.clock
        ).payment_id


def test_a_copy_goes_to_the_named_address_alone(emailed: EmailedInvoice) -> None:
    with emailed.context.transaction() as session:
        emailed.issuer(session).bookkeeper_email = "books@issuer.example"
    assert copy(emailed)
    emailed.turn()
    (envelope,) = emailed.mailer.delivered
    assert envelope.recipients == (TO,)
    assert [message.state for message in emailed.messages("copy")] == [MessageState.SENT]


def test_the_same_copy_is_sent_once_a_day(emailed: EmailedInvoice) -> None:
    assert copy(emailed)
    assert not copy(emailed, to=TO.upper())
    emailed.clock += timedelta(days=1)
    assert copy(emailed)


def test_a_copy_after_a_payment_is_another_one(emailed: EmailedInvoice) -> None:
    assert copy(emailed)
    emailed.turn()
    payment = paid(emailed)
    assert copy(emailed)
    assert not copy(emailed)
    assert copy(emailed, payment_id=payment)
    assert not copy(emailed, payment_id=payment)


def test_more_copies_than_a_person_needs_are_refused(emailed: EmailedInvoice) -> None:
    for number in range(MOST):
        copy(emailed, to=f"{number}@x.example")
    with pytest.raises(TooMany):
        copy(emailed)
    assert not copy(emailed, to="0@x.example")
    emailed.clock += timedelta(days=1, seconds=1)
    assert copy(emailed)


@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.CANCELLED, MessageState.SUPPRESSED])
def test_a_copy_that_came_to_nothing_is_made_again(emailed: EmailedInvoice, state: MessageState) -> None:
    for _ in range(2):
        assert copy(emailed)
        with emailed.context.transaction() as session:
            session.merge(emailed.message()).state = state
    assert copy(emailed)
    assert not copy(emailed), "this one is on its way"
    assert len(emailed.messages("copy")) == 3


def test_what_customers_ask_for_does_not_use_up_the_share_of_staff(emailed: EmailedInvoice) -> None:
    for actor in (CUSTOMER, "amy"):
        for number in range(MOST):
            assert copy(emailed, to=f"{actor.replace(' ', '')}{number}@x.example", actor=actor)
        with pytest.raises(TooMany):
            copy(emailed, actor=actor)


def test_a_copy_is_no_invoice_email_so_that_one_is_sent_all_the_same(emailed: EmailedInvoice) -> None:
    copy(emailed)
    emailed.send()
    emailed.turn()
    assert {one.recipients for one in emailed.mailer.delivered} == {(TO,), ("c502@customer.example",)}


def test_a_new_address_of_the_customer_does_not_move_a_copy(emailed: EmailedInvoice) -> None:
    copy(emailed)
    with emailed.context.transaction() as session:
        customer = emailed.invoice().customer_id
        addresses.change_email(
            session, customer_id=customer, address="new@customer.example", actor="amy", now=emailed.clock
        )
    emailed.turn()
    assert [one.recipients for one in emailed.mailer.delivered] == [(TO,)]


def test_a_copy_of_a_receipt_shows_the_payment_and_no_link(emailed: EmailedInvoice) -> None:
    payment_id = paid(emailed)
    copy(emailed, payment_id=payment_id)
    with emailed.context.transaction() as session:
        message = session.merge(emailed.messages("copy")[0])
        letter = letter_for(session, message=message, public_url="https://x", date=emailed.clock)
    assert letter.filename == letter.document.filename if letter.document else False
    assert letter.email.receipt_number == "R-000001"  # type: ignore[attr-defined]
    assert letter.email.payment_url == ""  # type: ignore[attr-defined]
    assert (letter.to_name, letter.to_address, letter.in_reply_to) == ("", TO, "")


def test_the_paper_of_a_copy_holds_no_link_either(emailed: EmailedInvoice) -> None:
    copy(emailed)
    with emailed.context.transaction() as session:
        message = session.merge(emailed.messages("copy")[0])
        letter = letter_for(session, message=message, public_url="https://x", date=emailed.clock)
    assert isinstance(letter.document, InvoiceDocument)
    assert letter.document.payment_url == ""


def test_what_cannot_be_copied_is_refused(emailed: EmailedInvoice) -> None:
    for to in ("nobody", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example"):
        with pytest.raises(InvalidInput):
            copy(emailed, to=to)
    with pytest.raises(NotFound):
        copy(emailed, payment_id=999)
    with emailed.context.transaction() as session:
        suppressions.add(session, address=TO, reason="bounced", actor="test", now=emailed.clock)
    with pytest.raises(Conflict, match="suppressed"):
        copy(emailed)
    with emailed.context.transaction() as session:
        adjustments.void(session, invoice_id=502, reason="a duplicate", actor="amy", now=emailed.clock)
    with pytest.raises(Conflict, match="void"):
        copy(emailed, to="other@x.example")


def test_a_copy_is_dropped_when_its_address_was_suppressed_meanwhile(emailed: EmailedInvoice) -> None:
    copy(emailed)
    with emailed.context.transaction() as session:
        suppressions.add(session, address=TO, reason="bounced", actor="test", now=emailed.clock)
    emailed.turn()
    assert emailed.mailer.delivered == []
    assert [message.state for message in emailed.messages("copy")] == [MessageState.SUPPRESSED]


def test_a_copy_of_what_is_paid_names_no_due_date(emailed: EmailedInvoice) -> None:
    copy(emailed)
    payment = paid(emailed)
    copy(emailed, payment_id=payment)
    with emailed.context.transaction() as session:
        for message in emailed.messages("copy"):
            email = letter_for(session, message=message, public_url="", date=emailed.clock).email
            assert isinstance(email, CopyEmail)
            assert email.due is None
