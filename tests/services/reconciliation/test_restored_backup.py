"""After a restore: what is on hold, what is adopted from Stripe, and what a killed run leaves."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, select, update

from paymail import db
from paymail.errors import Conflict, Unavailable
from paymail.models import AttemptStatus, BulkSend, BulkState, Message, MessageState, PaymentAttempt
from paymail.models.restore import Restore
from paymail.ports.payments import Intent, IntentStatus
from paymail.services.core import history, restores
from paymail.services.core.invoices import load_invoice
from paymail.services.core.restores import NoRestore, NotReconciled, PaymentsOnHold
from paymail.services.delivery import unknown_messages
from paymail.services.links.lookup import AlreadyPaying
from paymail.services.outbox import queue
from paymail.services.payments import checkout
from paymail.services.reconciliation.restored_backup import Outcome, reconcile_restored
from paymail.services.refunds import refund_requests
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from paymail.services.sending.invoice_emails import send_invoice
from tests.factories import LedgerGateway, make_invoice
from tests.services.paying_customer import PayingCustomer


class Killed(BaseException):
    """The process dies here."""


class Unsteady(LedgerGateway):
    """Stripe's ledger; `trouble` is raised at the next list of intents."""

    trouble: BaseException | None = None
    lists: int = 0
    firm: bool = False
    """Refuses to cancel."""

    def cancel_intent(self, *, account: str, intent_id: str) -> Intent:
        if self.firm:
            raise Conflict("it is beyond cancelling")
        return super().cancel_intent(account=account, intent_id=intent_id)

    def recent_intents(self, *, account: str, since: int) -> Iterator[Intent]:
        self.lists += 1
        trouble, self.trouble = self.trouble, None
        if trouble:
            raise trouble
        # The ledger's intents have no date.
        yield from super().recent_intents(account=account, since=0)


@pytest.fixture
def payer(engine: Engine) -> PayingCustomer:
    return PayingCustomer(engine, Unsteady())


def run(payer: PayingCustomer, *, again: bool = False) -> Outcome:
    payer.later(minutes=1)
    return reconcile_restored(payer.context, live=False, again=again)


def open_all(payer: PayingCustomer) -> None:
    with payer.transaction() as session:
        restores.open_mail(session, now=payer.now)
        restores.open_payments(session, now=payer.now)


def forget_attempts(payer: PayingCustomer) -> None:
    """As a backup from before they were made does."""
    with payer.transaction() as session:
        session.execute(delete(PaymentAttempt))


def claimed(payer: PayingCustomer) -> int:
    with payer.transaction() as session:
        return len(queue.claim(session, now=payer.now, lease=timedelta(minutes=2), limit=50))


def test_a_paid_intent_that_the_backup_does_not_know_is_recorded_once_and_its_receipt_is_not_sent(
    payer: PayingCustomer,
) -> None:
    payer.gateway.succeed(payer.start().id)
    forget_attempts(payer)
    assert run(payer).adopted == 1
    assert run(payer).adopted == 0
    assert (payer.invoice().balance, len(payer.attempts())) == (0, 1)
    (receipt,) = payer.mails("receipt")
    assert receipt.state is MessageState.UNKNOWN
    open_all(payer)
    assert claimed(payer) == 0


def test_a_clearing_intent_is_adopted_and_an_unpaid_one_is_cancelled(payer: PayingCustomer) -> None:
    first = payer.start()
    payer.allow_parts()
    forget_attempts(payer)
    second = payer.start(amount=2000)
    payer.gateway.set(second.id, status=IntentStatus.PROCESSING)
    forget_attempts(payer)
    run(payer)
    assert payer.gateway.intents[first.id].status is IntentStatus.CANCELED
    (attempt,) = payer.attempts()
    assert (attempt.intent_id, attempt.status) == (second.id, AttemptStatus.PROCESSING)


def test_while_on_hold_nothing_is_claimed_written_charged_or_refunded(payer: PayingCustomer) -> None:
    payment = payer.pay()
    with payer.transaction() as session:
        make_invoice(session, invoice_id=503, name="Another Shop")
    run(payer)
    with payer.transaction() as session:
        order = refund_requests.RefundOrder(1000, payment.channel)
        refund_requests.request(
            session, payment_id=payment.payment_id, order=order, actor="staff", now=payer.now
        )
        send_invoice(session, invoice_id=503, actor="staff", now=payer.now)
        bulk.start(session, selection=Selection(), actor="staff", now=payer.now, again=True)
    bulk.expand_all(payer.context)
    assert (claimed(payer), refund_requests.carry_out(payer.context), len(payer.mails("invoice"))) == (
        0,
        0,
        1,
    )
    with pytest.raises(PaymentsOnHold):
        payer.start()
    with payer.transaction() as session:
        restores.open_mail(session, now=payer.now)
    assert claimed(payer) == 1
    assert refund_requests.carry_out(payer.context) == 0
    open_all(payer)
    assert refund_requests.carry_out(payer.context) == 1


def test_what_was_due_is_unknown_what_is_due_later_waits_and_a_running_bulk_send_is_paused(
    payer: PayingCustomer,
) -> None:
    with payer.transaction() as session:
        due = send_invoice(session, invoice_id=502, actor="staff", now=payer.now).message_id
        make_invoice(session, invoice_id=503, name="Another Shop")
        tomorrow = payer.now + timedelta(days=1)
        later = send_invoice(session, invoice_id=503, actor="staff", now=payer.now, at=tomorrow).message_id
        sending = bulk.start(session, selection=Selection(), actor="staff", now=payer.now).bulk_id
    assert run(payer).doubtful == 1
    with db.reading(payer.engine) as session:
        assert session.get_one(Message, due).state is MessageState.UNKNOWN
        assert session.get_one(BulkSend, sending).state is BulkState.PAUSED
        assert session.get_one(Message, later).state is MessageState.SCHEDULED
    open_all(payer)
    with payer.transaction() as session:
        unknown_messages.resend(session, message_id=due, actor="staff", now=payer.now)
    assert claimed(payer) == 1


@pytest.mark.parametrize("trouble", [Killed(), Unavailable("Stripe is not responding")])
def test_a_run_that_was_killed_or_could_not_ask_opens_nothing_and_is_done_by_the_next(
    payer: PayingCustomer, trouble: BaseException
) -> None:
    payer.gateway.succeed(payer.start().id)
    forget_attempts(payer)
    assert isinstance(payer.gateway, Unsteady)
    payer.gateway.trouble = trouble
    with suppress(Killed):
        assert run(payer).failures
    with pytest.raises(NotReconciled):
        open_all(payer)
    run(payer)
    open_all(payer)
    assert [one.state for one in payer.mails("receipt")] == [MessageState.UNKNOWN]


def test_without_a_restore_nothing_is_on_hold_and_nothing_can_be_opened(payer: PayingCustomer) -> None:
    with payer.transaction() as session:
        assert restores.on_hold(session) == []
    with pytest.raises(NoRestore):
        open_all(payer)


def test_no_second_payment_is_started_for_an_invoice_that_came_back_after_the_restore(
    payer: PayingCustomer,
) -> None:
    run(payer)
    open_all(payer)
    payer.gateway.succeed(payer.start().id)
    forget_attempts(payer)
    payer.later(minutes=2)
    with pytest.raises(AlreadyPaying):
        payer.start()
    assert len(payer.gateway.intents) == 1


def test_an_account_is_listed_once_and_not_for_every_payment(payer: PayingCustomer) -> None:
    run(payer)
    open_all(payer)
    gateway = payer.gateway
    assert isinstance(gateway, Unsteady)
    gateway.lists = 0
    for _ in range(5):
        payer.start()
        forget_attempts(payer)
        payer.later(seconds=10)
    assert gateway.lists == 1
    payer.later(minutes=1)
    payer.start()
    assert gateway.lists == 2
    payer.later(days=8)
    forget_attempts(payer)
    payer.start()
    assert gateway.lists == 2


def test_an_unknown_intent_that_is_paid_after_it_was_listed_stops_the_next_payment(
    payer: PayingCustomer,
) -> None:
    run(payer)
    open_all(payer)
    lost = payer.start()
    forget_attempts(payer)
    payer.later(minutes=2)
    with payer.transaction() as session:
        other = make_invoice(session, invoice_id=503, name="Another Shop").payment_token or ""
    checkout.start_payment(payer.context, token=other)  # lists the account
    payer.gateway.succeed(lost.id)
    with pytest.raises(AlreadyPaying):
        payer.start()


def lost_code(payer: PayingCustomer) -> Intent:
    """The customer was given a code to pay with, after the backup."""
    lost = payer.gateway.await_customer(payer.start().id)
    forget_attempts(payer)
    return lost


def told(payer: PayingCustomer, intent_id: str) -> list[str]:
    """What the history says of a canceled code, and whether staff got an email."""
    with db.reading(payer.engine) as session:
        lines = history.history(session, invoice_id=502)
    canceled = [f"{one.actor}: {one.detail}" for one in lines if one.kind == "payment_canceled"]
    assert all(intent_id in line for line in canceled)
    return canceled + [str(one.kind) for one in payer.mails("notice")]


def test_an_unknown_code_is_cancelled_before_another_payment_is_started(payer: PayingCustomer) -> None:
    run(payer)
    open_all(payer)
    lost = lost_code(payer)
    payer.later(minutes=2)
    second = payer.start()
    assert payer.payable() == [(second.id, 8250)]
    assert told(payer, lost.id) == [f"restore: Konbini: {lost.id} was not in the restored backup", "notice"]


@pytest.mark.parametrize("status", [IntentStatus.UNKNOWN, IntentStatus.REQUIRES_CAPTURE])
def test_no_payment_is_started_beside_an_unknown_intent_that_cannot_be_cancelled(
    payer: PayingCustomer, status: IntentStatus
) -> None:
    run(payer)
    open_all(payer)
    lost = payer.start()
    forget_attempts(payer)
    payer.later(minutes=2)
    payer.gateway.set(lost.id, status=status)
    assert isinstance(payer.gateway, Unsteady)
    payer.gateway.firm = True
    with pytest.raises(AlreadyPaying):
        payer.start()
    payer.gateway.set(lost.id, status=IntentStatus.CANCELED)
    assert payer.start().id != lost.id


def test_an_intent_that_another_window_is_making_is_not_taken_for_a_lost_one(payer: PayingCustomer) -> None:
    run(payer)
    open_all(payer)
    first = payer.start()
    payer.gateway.set(first.id, created=int(payer.now.timestamp()))
    with payer.transaction() as session:  # as before its answer is written down
        session.execute(update(PaymentAttempt).values(status=AttemptStatus.CREATING, intent_id=None))
    payer.later(minutes=2)
    assert payer.start().id == first.id
    assert payer.payable() == [(first.id, 8250)]


def test_a_code_that_is_cancelled_after_a_restore_is_in_the_history_and_staff_learn_of_it(
    payer: PayingCustomer,
) -> None:
    lost = lost_code(payer)
    run(payer)
    run(payer)
    assert payer.gateway.intents[lost.id].status is IntentStatus.CANCELED
    assert told(payer, lost.id) == [f"restore: Konbini: {lost.id} was not in the restored backup", "notice"]


@pytest.mark.parametrize(
    "odd",
    [
        {"status": IntentStatus.UNKNOWN, "unfamiliar": "teleported"},
        {"status": IntentStatus.REQUIRES_CAPTURE},
    ],
)
def test_an_unknown_intent_that_cannot_be_cancelled_is_a_difference(
    payer: PayingCustomer, odd: dict[str, object]
) -> None:
    lost = payer.start()
    forget_attempts(payer)
    payer.gateway.set(lost.id, **odd)
    assert isinstance(payer.gateway, Unsteady)
    payer.gateway.firm = True
    assert run(payer).differences == 1


def test_a_backup_that_was_taken_during_a_hold_is_another_restore(payer: PayingCustomer) -> None:
    run(payer)
    with payer.transaction() as session:
        first = session.scalars(select(Restore)).one().since
        soon = payer.now + timedelta(hours=1)
        later = send_invoice(session, invoice_id=502, actor="staff", now=payer.now, at=soon).message_id
    # Here the backup is taken; everything is opened, the email goes out, and then the backup is restored.
    payer.later(days=10)
    assert run(payer).doubtful == 1
    with db.reading(payer.engine) as session:
        assert session.get_one(Message, later).state is MessageState.UNKNOWN
        rows = session.scalars(select(Restore).order_by(Restore.restore_id)).all()
    assert [one.restored_at for one in rows] == [payer.now - timedelta(days=10, minutes=1), payer.now]
    assert rows[1].since <= first
    open_all(payer)
    assert claimed(payer) == 0


def test_what_was_written_during_the_hold_is_not_doubted_by_a_second_look(payer: PayingCustomer) -> None:
    with pytest.raises(NoRestore):
        run(payer, again=True)
    run(payer)
    with payer.transaction() as session:
        send_invoice(session, invoice_id=502, actor="staff", now=payer.now)
    assert run(payer, again=True).doubtful == 0
    open_all(payer)
    assert claimed(payer) == 1


def test_a_payment_of_another_program_is_left_alone(payer: PayingCustomer) -> None:
    ours = payer.start()
    forget_attempts(payer)
    for intent_id, status in (("pi_open", ours.status), ("pi_paid", IntentStatus.SUCCEEDED)):
        payer.gateway.intents[intent_id] = replace(ours, id=intent_id, status=status, attempt_id="")
    del payer.gateway.intents[ours.id]
    assert run(payer).adopted == 0
    open_all(payer)
    assert payer.gateway.intents["pi_open"].status is ours.status
    assert payer.start().id not in ("pi_open", "pi_paid")


def test_two_restores_that_were_noted_at_once_open_together(payer: PayingCustomer) -> None:
    run(payer)
    with payer.transaction() as session:
        first = session.scalars(select(Restore)).one()
        session.add(Restore(restored_at=first.restored_at, since=first.since, reconciled_at=payer.now))
    with payer.transaction() as session:
        assert restores.on_hold(session) == ["mail", "payments"]
    open_all(payer)
    with payer.transaction() as session:
        assert restores.on_hold(session) == []
        assert session.scalar(select(restores.mail_open()))


def test_a_payment_of_an_invoice_whose_id_is_anothers_by_now_is_not_entered_there(
    payer: PayingCustomer,
) -> None:
    payer.gateway.succeed(payer.start().id)
    forget_attempts(payer)
    with payer.transaction() as session:
        load_invoice(session, invoice_id=502).number = "INV-0099"
    assert run(payer).adopted == 0
    assert payer.invoice().balance == 8250
