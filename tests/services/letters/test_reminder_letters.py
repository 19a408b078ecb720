"""Which emails a reminder says went before it: what a mail server accepted, by the issuer's calendar."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import update
from sqlalchemy.orm import Session

from paymail.emails import ReminderEmail
from paymail.models import Invoice, Message, MessageState
from paymail.services.customers import addresses
from paymail.services.delivery import deliveries
from paymail.services.letters.letters import letter_for
from paymail.services.letters.reminder import MOST_NAMED
from paymail.services.reminders import by_hand
from tests.factories import NOW
from tests.services.emailed_invoice import EmailedInvoice


def remind(emailed: EmailedInvoice, *, send: bool = True) -> int:
    """Queue a reminder by hand, and hand it over unless told otherwise."""
    with emailed.context.transaction() as session:
        queued = by_hand.remind_by_hand(session, invoice_id=502, actor="amy", now=emailed.clock)
    if send:
        assert deliveries.deliver(emailed.context, message_id=queued.message_id)
    return queued.message_id


def next_one(emailed: EmailedInvoice) -> ReminderEmail:
    """Return what the next reminder says, still unsent."""
    message_id = remind(emailed, send=False)
    with emailed.context.transaction() as session:
        message = session.get_one(Message, message_id)
        email = letter_for(session, message=message, public_url="https://x", date=emailed.clock).email
    assert isinstance(email, ReminderEmail)
    return email


def becomes(message_id: int, state: MessageState) -> Callable[[Session], None]:
    def change(session: Session) -> None:
        session.execute(update(Message).where(Message.message_id == message_id).values(state=state))

    return change


def correct_address(session: Session) -> None:
    customer_id = session.get_one(Invoice, 502).customer_id
    addresses.change_email(session, customer_id=customer_id, address="new@x.example", actor="amy", now=NOW)


def test_it_names_the_invoice_and_the_reminders_on_their_days_at_the_issuer(emailed: EmailedInvoice) -> None:
    assert (next_one(emailed).emailed_on, next_one(emailed).reminded_on) == (None, ())
    invoice = emailed.at("2026-03-18T00:30").send()  # the 17th in UTC
    assert deliveries.deliver(emailed.context, message_id=invoice)
    remind(emailed.at("2026-04-13T09:00"))
    remind(emailed.at("2026-04-13T15:00"))
    remind(emailed.at("2026-04-21T00:10"))
    found = next_one(emailed.at("2026-04-28T09:00"))
    assert found.emailed_on == date(2026, 3, 18)
    assert found.reminded_on == (date(2026, 4, 13), date(2026, 4, 21))


def test_what_came_back_or_is_in_doubt_was_not_emailed(emailed: EmailedInvoice) -> None:
    invoice = emailed.at("2026-03-18T09:00").send()
    assert deliveries.deliver(emailed.context, message_id=invoice)
    returned, doubtful = (remind(emailed.at(f"2026-04-{day}T09:00")) for day in (13, 20))
    emailed.change(becomes(invoice, MessageState.BOUNCED))
    emailed.change(becomes(returned, MessageState.BOUNCED))
    emailed.change(becomes(doubtful, MessageState.UNKNOWN))
    found = next_one(emailed.at("2026-04-28T09:00"))
    assert (found.emailed_on, found.reminded_on) == (None, ())


def test_what_went_to_an_address_that_was_corrected_since_is_not_named(emailed: EmailedInvoice) -> None:
    assert deliveries.deliver(emailed.context, message_id=emailed.at("2026-03-18T09:00").send())
    remind(emailed.at("2026-04-13T09:00"))
    emailed.change(correct_address)
    remind(emailed.at("2026-04-20T09:00"))
    found = next_one(emailed.at("2026-04-28T09:00"))
    assert (found.emailed_on, found.reminded_on) == (None, (date(2026, 4, 20),))


def test_of_many_it_names_the_last(emailed: EmailedInvoice) -> None:
    for day in range(13, 19):
        remind(emailed.at(f"2026-04-{day}T09:00"))
    found = next_one(emailed.at("2026-04-28T09:00"))
    assert found.reminded_on == tuple(date(2026, 4, 19 - left) for left in range(MOST_NAMED, 0, -1))
