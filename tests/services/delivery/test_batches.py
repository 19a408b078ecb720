"""Messages that are claimed together: each has its own fate, and none waits long for the others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from paymail.models import Message, MessageState
from paymail.ports.mail import Envelope, Handover, Outcome
from paymail.services.delivery import deliveries
from paymail.services.outbox import gates, queue, reschedule, suppressions
from paymail.services.reminders import by_hand
from tests.factories import ScriptedMailer
from tests.services.emailed_invoice import EmailedInvoice

FIVE = range(503, 508)
Act = Callable[[EmailedInvoice], object]


class After(ScriptedMailer):
    """Does something once when it has taken so many emails."""

    def __init__(self, count: int, act: Callable[[], object]) -> None:
        super().__init__()
        self.count, self.act = count, act

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        outcome = super().deliver(envelope, handover)
        if len(self.delivered) == self.count:
            self.count = 0
            self.act()
        return outcome


@pytest.fixture
def five(emailed: EmailedInvoice) -> EmailedInvoice:
    """Five invoice emails are due, to five addresses."""
    for number in FIVE:
        emailed.add_invoice(number, email=f"c{number}@host{number}.example")
        emailed.send_one(number)
    return emailed


def after(five: EmailedInvoice, count: int, act: Callable[[], object]) -> ScriptedMailer:
    five.mailer = After(count, act)
    five.context = replace(five.context, mailer=five.mailer)
    return five.mailer


def states(five: EmailedInvoice) -> dict[int, MessageState]:
    return {message.invoice_id: message.state for message in five.messages()}


def id_of(five: EmailedInvoice, invoice_id: int) -> int:
    return next(one.message_id for one in five.messages() if one.invoice_id == invoice_id)


def test_one_that_is_cancelled_meanwhile_is_left_out_and_the_others_go(five: EmailedInvoice) -> None:
    number = id_of(five, 505)
    after(
        five,
        1,
        lambda: five.change(
            lambda s: reschedule.cancel_message(s, message_id=number, actor="x", now=five.clock)
        ),
    )
    deliveries.sweep(five.context)
    assert states(five).pop(505) is MessageState.CANCELLED
    assert len(five.mailer.delivered) == 4


def test_what_becomes_urgent_meanwhile_goes_next(five: EmailedInvoice) -> None:
    number = id_of(five, 507)

    def hurry() -> None:
        five.change(lambda s: setattr(s.get_one(Message, number), "urgent", True))

    mailer = after(five, 1, hurry)
    deliveries.sweep(five.context, limit=4)  # claims all but the last
    sent = [envelope.recipients[0][:4] for envelope in mailer.delivered]
    assert sent[:3] == ["c503", "c504", "c507"]
    deliveries.sweep(five.context)
    assert set(states(five).values()) == {MessageState.SENT}
    assert {message.attempts for message in five.messages()} == {1}


def test_a_process_that_is_to_end_gives_back_what_it_has_not_begun(five: EmailedInvoice) -> None:
    ending: list[bool] = []
    mailer = after(five, 2, lambda: ending.append(True))
    deliveries.sweep(replace(five.context, stopping=lambda: bool(ending)))
    assert len(mailer.delivered) == 2
    assert list(states(five).values()).count(MessageState.SCHEDULED) == 3
    assert deliveries.sweep(five.context) == 3  # at once, not after a lease


def test_a_slow_server_makes_nobody_wait_for_the_end_of_a_lease(five: EmailedInvoice) -> None:
    slow = five.context.lease / 3

    def take_long() -> None:
        five.clock += slow

    mailer = after(five, 1, take_long)
    deliveries.sweep(five.context)
    assert len(mailer.delivered) == len(FIVE)
    # Those behind the slow one were given back and claimed anew, for a whole lease.
    assert [(one.fence, one.attempts) for one in five.messages()] == [(1, 1), *[(2, 1)] * 4]


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (lambda f: f.change(lambda s: shut(s, f)), MessageState.SCHEDULED),
        (lambda f: f.change(lambda s: suppress(s, f)), MessageState.SUPPRESSED),
        (lambda f: f.pay(505), MessageState.SUPPRESSED),
    ],
)
def test_what_forbids_one_email_meanwhile_is_seen_at_its_handover(
    five: EmailedInvoice, act: Act, state: MessageState
) -> None:
    mailer = after(five, 1, lambda: act(five))
    deliveries.sweep(five.context)
    message = next(one for one in five.messages("invoice") if one.invoice_id == 505)
    assert message.state is state
    assert message.header_id not in {envelope.message_id for envelope in mailer.delivered}
    assert [one.state for one in five.messages("invoice")].count(MessageState.SENT) == 4


def shut(session: object, five: EmailedInvoice) -> None:
    key = gates.destination("host505.example")
    gates.close_after_failure(session, key=key, reason="451", now=five.clock)  # type: ignore[arg-type]


def suppress(session: object, five: EmailedInvoice) -> None:
    address = "c505@host505.example"
    suppressions.add(session, address=address, reason="bounce", actor="x", now=five.clock)  # type: ignore[arg-type]


def test_a_payment_in_part_meanwhile_has_the_email_written_again(five: EmailedInvoice) -> None:
    after(five, 1, lambda: five.set(505, amount_paid=100))
    deliveries.sweep(five.context, limit=5)
    message = next(one for one in five.messages() if one.invoice_id == 505)
    assert (message.state, message.mime_sha256) == (MessageState.SCHEDULED, None)
    deliveries.sweep(five.context)
    assert set(states(five).values()) == {MessageState.SENT}


def test_no_reminder_of_a_batch_goes_out_after_its_payment(emailed: EmailedInvoice) -> None:
    for number in FIVE:
        emailed.add_invoice(number)
        emailed.change(
            lambda s, n=number: by_hand.remind_by_hand(s, invoice_id=n, actor="x", now=emailed.clock)  # type: ignore[misc]
        )
    after(emailed, 2, lambda: emailed.pay(505))
    deliveries.sweep(emailed.context)
    found = {message.invoice_id: message.state for message in emailed.messages("reminder")}
    assert found == {n: MessageState.SUPPRESSED if n == 505 else MessageState.SENT for n in FIVE}


@pytest.mark.parametrize("point", ["claimed", "written", "prepared", "handover", "answered"])
def test_a_crash_leaves_at_most_two_in_doubt_and_sends_nothing_twice(
    five: EmailedInvoice, point: str
) -> None:
    visits = {"claimed": 1}.get(point, 3)

    def die(name: str) -> None:
        nonlocal visits
        visits -= name == point
        if visits == 0:
            visits = -1
            raise SystemExit(1)

    with pytest.raises(SystemExit):
        deliveries.sweep(replace(five.context, failpoint=die))
    five.clock += five.context.lease + timedelta(seconds=1)
    deliveries.sweep(five.context)
    found = list(states(five).values())
    assert found.count(MessageState.UNKNOWN) <= 2
    assert found.count(MessageState.UNKNOWN) + found.count(MessageState.SENT) == len(FIVE)
    addresses = [envelope.recipients for envelope in five.mailer.delivered]
    assert len(addresses) == len(set(addresses))


def test_what_a_dead_worker_held_is_taken_up_one_by_one(five: EmailedInvoice) -> None:
    lease = five.context.lease
    five.change(lambda s: queue.claim(s, now=five.clock, lease=lease, limit=5))
    five.clock += lease + timedelta(seconds=1)
    taken: list[queue.Claim] = []
    five.change(lambda s: taken.extend(queue.claim(s, now=five.clock, lease=lease, limit=5)))
    assert [claim.crashes for claim in taken] == [1]
