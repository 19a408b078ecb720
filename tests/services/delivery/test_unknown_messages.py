"""What is in doubt is decided by staff, once, with a record; nothing goes out again by itself."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.models import InvoiceStatus, Message, MessageKind, MessageState, PaymentStatus
from paymail.ports.mail import Outcome, Verdict
from paymail.services.core.history import history
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import deliveries, unknown_messages
from paymail.services.outbox import blobs, queue, suppressions
from tests.factories import NOW
from tests.services.reported_emails import LATER, ReportedEmails

Act = Callable[..., None]


class UnknownEmails(ReportedEmails):
    """An invoice email whose first hand-over ended in doubt."""

    def doubt(self) -> int:
        self.mailer.outcomes = [Outcome(Verdict.UNKNOWN, 0, "disconnected", "dot")]
        message_id = self.send()
        deliveries.sweep(self.context)
        assert self.state(message_id) is MessageState.UNKNOWN
        return message_id

    def act(self, act: Act, message_id: int, why: str = "") -> None:
        with db.transaction(self.engine) as session:
            act(session, message_id=message_id, actor="ann@x.example", now=LATER, why=why)

    def last_event(self) -> tuple[str, str, str]:
        with db.reading(self.engine) as session:
            event = history(session, invoice_id=502)[-1]
            return event.kind, event.actor, event.detail


@pytest.fixture
def reported(engine: Engine) -> UnknownEmails:
    return UnknownEmails(engine)


@pytest.mark.parametrize(
    ("act", "state"),
    [(unknown_messages.mark_sent, MessageState.SENT), (unknown_messages.mark_failed, MessageState.FAILED)],
)
def test_staff_say_what_became_of_it(reported: UnknownEmails, act: Act, state: MessageState) -> None:
    message_id = reported.doubt()
    reported.act(act, message_id, "the customer\nconfirmed")
    assert reported.state(message_id) is state
    assert reported.message().settled_at == LATER
    kind, actor, detail = reported.last_event()
    assert (kind, actor) == ("email_resolved", "ann@x.example")
    assert "the customer confirmed" in detail
    assert deliveries.sweep(reported.context) == 0


def test_a_resend_hands_over_the_very_same_bytes(reported: UnknownEmails) -> None:
    message_id = reported.doubt()
    reported.act(unknown_messages.resend, message_id, "they have nothing")
    assert reported.last_event()[0] == "email_resent"
    reported.clock = LATER
    deliveries.sweep(reported.context)
    first, second = reported.mailer.delivered
    assert first == second
    assert reported.state(message_id) is MessageState.SENT


def test_nothing_is_resent_by_itself(reported: UnknownEmails) -> None:
    reported.doubt()
    with db.reading(reported.engine) as session:
        assert [m.message_id for m in unknown_messages.unknown(session)] == [reported.message().message_id]
    assert deliveries.sweep(reported.context) == 0
    assert len(reported.mailer.delivered) == 1


@pytest.mark.parametrize(
    "act", [unknown_messages.mark_sent, unknown_messages.mark_failed, unknown_messages.resend]
)
def test_only_what_is_in_doubt_can_be_resolved_and_once(reported: UnknownEmails, act: Act) -> None:
    message_id = reported.doubt()
    reported.act(unknown_messages.mark_failed, message_id)
    with pytest.raises(unknown_messages.NotInDoubt):
        reported.act(act, message_id)
    assert reported.state(message_id) is MessageState.FAILED


def test_an_email_about_a_paid_invoice_cannot_be_resent(reported: UnknownEmails) -> None:
    message_id = reported.doubt()
    with db.transaction(reported.engine) as session:
        invoice = load_invoice(session, invoice_id=502)
        invoice.amount_paid, invoice.payment_status = invoice.total, PaymentStatus.PAID
    with pytest.raises(unknown_messages.NotResendable, match="already paid"):
        reported.act(unknown_messages.resend, message_id)
    assert reported.state(message_id) is MessageState.UNKNOWN


def test_a_resent_reminder_waits_while_a_payment_clears(reported: UnknownEmails) -> None:
    message_id = reported.doubt()
    with db.transaction(reported.engine) as session:
        message = session.get_one(Message, message_id)
        message.kind, message.step, message.tone = MessageKind.REMINDER, "hand", "firm"
        message.by_hand = True
        load_invoice(session, invoice_id=502).payment_status = PaymentStatus.PROCESSING
    reported.act(unknown_messages.resend, message_id)
    reported.clock = LATER
    deliveries.sweep(reported.context)
    assert len(reported.mailer.delivered) == 1
    assert reported.state(message_id) is not MessageState.SENT


def test_an_email_about_a_void_invoice_cannot_be_resent(reported: UnknownEmails) -> None:
    message_id = reported.doubt()
    with db.transaction(reported.engine) as session:
        load_invoice(session, invoice_id=502).status = InvoiceStatus.VOID
    with pytest.raises(unknown_messages.NotResendable, match="void"):
        reported.act(unknown_messages.resend, message_id)


def test_a_suppressed_address_gets_no_resend(reported: UnknownEmails) -> None:
    message_id = reported.doubt()
    with db.transaction(reported.engine) as session:
        suppressions.add(session, address="c502@customer.example", reason="staff", actor="a", now=NOW)
    with pytest.raises(unknown_messages.NotResendable, match="suppressed"):
        reported.act(unknown_messages.resend, message_id)


def test_a_slow_worker_does_not_undo_what_staff_said(reported: UnknownEmails) -> None:
    message_id = reported.doubt()
    fence = reported.message().fence
    reported.act(unknown_messages.mark_failed, message_id)
    with db.transaction(reported.engine) as session:
        assert not queue.move(
            session,
            message_id=message_id,
            under=fence,
            sources=(MessageState.HANDOVER, MessageState.UNKNOWN, MessageState.FAILED),
            target=MessageState.SENT,
        )


def test_erased_bytes_cannot_be_resent(reported: UnknownEmails) -> None:
    message_id = reported.doubt()
    with db.transaction(reported.engine) as session:
        digest = session.get_one(Message, message_id).mime_sha256
        blobs.erase(session, digests=[digest or ""], now=NOW)
    with pytest.raises(blobs.Erased, match="erased on 2026-03-17"):
        reported.act(unknown_messages.resend, message_id)
