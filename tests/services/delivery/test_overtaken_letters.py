"""What is written and not handed over yet is written again when the money that it speaks of moves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import Channel, Message, MessageState
from paymail.ports.mail import Envelope, Handover, Outcome
from paymail.ports.rendering import Letter, Written
from paymail.services.core.contexts import GatewayContext
from paymail.services.customers import statement_emails
from paymail.services.delivery import deliveries
from paymail.services.letters.letters import letter_for
from paymail.services.payments import checkout
from paymail.services.payments.adjustments import write_off
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Part
from paymail.services.reminders import by_hand
from tests.factories import PlainWriter, ScriptedMailer
from tests.services.emailed_invoice import EmailedInvoice

TWO = (503, 504)
Act = Callable[[EmailedInvoice, Session], object]


def pay_in_part(emailed: EmailedInvoice, session: Session, invoice_id: int = 504) -> None:
    asked = ManualPayment(amount=1000, channel=Channel.CASH, paid_on=date(2026, 3, 16))
    record_payment(session, invoice_id=invoice_id, asked=asked, actor="amy", now=emailed.clock)


def write_off_in_part(emailed: EmailedInvoice, session: Session) -> None:
    write_off(session, invoice_id=504, reason="x", actor="amy", now=emailed.clock, amount=1000)


def agree_on_parts(emailed: EmailedInvoice, session: Session) -> None:
    parts = [Part(date(2026, 4, 20), 4250), Part(date(2026, 5, 20), 4000)]
    agreement.agree(session, invoice_id=504, parts=parts, actor="amy", now=emailed.clock)


@pytest.mark.parametrize("act", [pay_in_part, write_off_in_part, agree_on_parts])
def test_one_that_was_written_and_given_back_is_written_again(emailed: EmailedInvoice, act: Act) -> None:
    for number in TWO:
        emailed.add_invoice(number)
        emailed.send_one(number)
    # Both are written; the process is to end after the first.
    deliveries.sweep(replace(emailed.context, stopping=lambda: bool(emailed.mailer.delivered)))
    waits = next(one for one in emailed.messages("invoice") if one.invoice_id == 504)
    assert (waits.state, waits.mime_sha256 is None) == (MessageState.SCHEDULED, False)
    emailed.change(lambda session: act(emailed, session))
    waits = next(one for one in emailed.messages("invoice") if one.invoice_id == 504)
    assert (waits.state, waits.mime_sha256) == (MessageState.SCHEDULED, None)


class Meanwhile(PlainWriter):
    """Does something once when it has written a letter."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.acts = [act]

    def write(self, letter: Letter) -> Written:
        written = super().write(letter)
        if self.acts:
            self.acts.pop()()
        return written


def test_a_statement_does_not_ask_for_what_was_paid_on_another_invoice_meanwhile(
    emailed: EmailedInvoice,
) -> None:
    emailed.add_invoice(504)
    customer_id = emailed.invoice().customer_id
    emailed.set(504, customer_id=customer_id)
    emailed.change(
        lambda session: statement_emails.send_statement(
            session, customer_id=customer_id, key="one", actor="amy", now=emailed.clock, currency="AUD"
        )
    )
    (number,) = (one.message_id for one in emailed.messages("statement"))
    filed_under = emailed.messages("statement")[0].invoice_id
    other = ({502, 504} - {filed_under}).pop()
    writer = Meanwhile(lambda: emailed.change(lambda session: pay_in_part(emailed, session, other)))
    post = replace(emailed.context, writer=writer)
    deliveries.deliver(post, message_id=number)
    assert not emailed.mailer.delivered
    deliveries.deliver(post, message_id=number)
    assert len(emailed.mailer.delivered) == 1


def test_one_that_our_own_code_fails_over_keeps_no_other_back(
    emailed: EmailedInvoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in TWO:
        emailed.add_invoice(number)
        emailed.send_one(number)

    def brittle(session: Session, *, message: Message, **more: object) -> Letter:
        if message.invoice_id == 503:
            raise TypeError("nobody foresaw this")
        return letter_for(session, message=message, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("paymail.services.delivery.preparation.letter_for", brittle)
    deliveries.sweep(emailed.context)
    assert [one.state for one in emailed.messages()] == [MessageState.SENDING, MessageState.SENT]
    emailed.clock += emailed.context.lease + timedelta(seconds=1)
    deliveries.sweep(emailed.context)
    assert [one.crashes for one in emailed.messages()] == [1, 0]


class Failing(ScriptedMailer):
    """The first hand-over is rolled back by a database that fails at its end."""

    fails = False

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        self.fails = True
        return super().deliver(envelope, handover)


def test_a_handover_that_is_rolled_back_spoils_nothing_about_the_next_reminder(
    emailed: EmailedInvoice,
) -> None:
    for number in TWO:
        emailed.add_invoice(number)
        emailed.change(
            lambda s, n=number: by_hand.remind_by_hand(s, invoice_id=n, actor="x", now=emailed.clock)  # type: ignore[misc]
        )
    gateway = GatewayContext(emailed.context.transaction, emailed.now, emailed.gateway)
    checkout.start_payment(gateway, token=emailed.invoice(504).payment_token or "")
    mailer, failed = Failing(), list[str]()

    @contextmanager
    def transaction() -> Iterator[Session]:
        with db.transaction(emailed.engine) as session:
            yield session
            if mailer.fails and not failed:
                failed.append("once")
                raise OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    deliveries.sweep(replace(emailed.context, transaction=transaction, mailer=mailer))
    found = {one.invoice_id: (one.state, one.crashes) for one in emailed.messages("reminder")}
    assert found == {503: (MessageState.SCHEDULED, 0), 504: (MessageState.SENT, 0)}
