"""A plan is mailed once when it is agreed on, and withdrawn when it does not hold any more."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Engine

from paymail.emails import PlanEmail
from paymail.models import Channel, MessageState, PaymentStatus
from paymail.ports.mail import Outcome, Verdict
from paymail.services.delivery import deliveries
from paymail.services.letters.letters import letter_for
from paymail.services.payments import manual_payments
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Part
from tests.services.emailed_invoice import EmailedInvoice

THREE = (Part(date(2026, 4, 1), 2750), Part(date(2026, 5, 1), 2750), Part(date(2026, 6, 1), 2750))
TWO = (Part(date(2026, 4, 1), 4125), Part(date(2026, 5, 1), 4125))


def agree(emailed: EmailedInvoice, parts: tuple[Part, ...]) -> None:
    with emailed.context.transaction() as session:
        agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=emailed.clock)


def states(emailed: EmailedInvoice) -> list[MessageState]:
    return [message.state for message in emailed.messages("plan")]


def test_a_plan_is_mailed_once_however_often_it_is_agreed_on(emailed: EmailedInvoice) -> None:
    agree(emailed, THREE)
    agree(emailed, THREE)
    emailed.turn()
    agree(emailed, THREE)
    emailed.turn()
    assert states(emailed) == [MessageState.SENT]
    assert "email_queued" in emailed.timeline()


def test_a_changed_plan_is_mailed_and_the_one_before_withdrawn(emailed: EmailedInvoice) -> None:
    agree(emailed, THREE)
    agree(emailed, TWO)
    emailed.turn()
    assert states(emailed) == [MessageState.SUPPRESSED, MessageState.SENT]


def test_a_plan_that_ended_before_its_email_went_out_is_not_mailed(emailed: EmailedInvoice) -> None:
    agree(emailed, THREE)
    with emailed.context.transaction() as session:
        agreement.end(session, invoice_id=502, reason="pays all", actor="amy", now=emailed.clock)
    emailed.turn()
    assert states(emailed) == [MessageState.SUPPRESSED]


def test_a_plan_email_of_a_paid_invoice_is_dropped(emailed: EmailedInvoice) -> None:
    agree(emailed, THREE)
    emailed.set(amount_paid=8250)
    emailed.turn()
    assert states(emailed) == [MessageState.SUPPRESSED]


def test_the_email_names_the_next_instalment_all_of_them_and_the_date_that_they_replace(
    engine: Engine,
) -> None:
    emailed = EmailedInvoice(engine)
    agree(emailed, THREE)
    with emailed.context.transaction() as session:
        message = emailed.messages("plan")[0]
        letter = letter_for(
            session, message=session.merge(message), public_url="https://x", date=emailed.clock
        )
    email = letter.email
    assert isinstance(email, PlanEmail)
    assert (email.asked.minor, email.asked_by, email.due) == (2750, date(2026, 4, 1), date(2026, 4, 11))
    assert [(part.due, part.open.minor) for part in email.parts] == [(part.due, 2750) for part in THREE]
    assert email.agreed_on - date(2026, 3, 17) <= timedelta(days=1)


def pay(emailed: EmailedInvoice, amount: int) -> None:
    asked = ManualPayment(amount, Channel.CASH, date(2026, 3, 17))
    with emailed.context.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=emailed.clock)


def test_what_was_written_before_a_payment_is_written_again(emailed: EmailedInvoice) -> None:
    agree(emailed, THREE)
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, detail="451 later")]
    emailed.turn()
    (before,) = emailed.messages("plan")
    assert before.mime_sha256 is not None
    pay(emailed, 2750)
    (message,) = emailed.messages("plan")
    assert (message.state, message.mime_sha256) == (MessageState.SCHEDULED, None)
    emailed.clock += timedelta(minutes=1)
    emailed.turn()
    (message,) = emailed.messages("plan")
    assert message.state is MessageState.SENT


def test_a_worker_that_wrote_it_before_a_payment_does_not_hand_it_over(emailed: EmailedInvoice) -> None:
    agree(emailed, THREE)
    emailed.context = replace(
        emailed.context, failpoint=lambda name: pay(emailed, 2750) if name == "prepared" else None
    )
    deliveries.deliver(emailed.context)
    (message,) = emailed.messages("plan")
    assert (message.state, message.mime_sha256) == (MessageState.SCHEDULED, None)


def test_while_a_payment_clears_it_waits(emailed: EmailedInvoice) -> None:
    agree(emailed, THREE)
    emailed.set(payment_status=PaymentStatus.PROCESSING)
    emailed.turn()
    (message,) = emailed.messages("plan")
    assert (message.state, message.held) == (MessageState.SCHEDULED, True)
