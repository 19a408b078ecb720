"""A report about whom mail is passed on to holds the reminders, and condemns nobody's address."""

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.models import Bounce, ContactRole, Message, MessageState, ReminderHold, Suppression
from paymail.services.bounces import Kind
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import contacts
from paymail.services.customers.contacts import NewContact
from paymail.services.letters.kind import Group
from tests.factories import NOW
from tests.services.reported_emails import ReportedEmails


@pytest.fixture
def reported(engine: Engine) -> ReportedEmails:
    return ReportedEmails(engine)


def notice(reported: ReportedEmails) -> str:
    assert reported.count(Message, Message.kind == "notice") == 1
    return reported.message().detail


def test_a_forwarded_email_that_bounces_suppresses_nothing_of_ours(reported: ReportedEmails) -> None:
    reported.second_invoice(503)
    message_id = reported.sent()
    bounce = reported.receive(reported.report("forwarded_final_differs"))
    assert (bounce.kind, bounce.recipient, bounce.message_id) == (
        Kind.HARD,
        "bookkeeper@other.example",
        message_id,
    )
    assert reported.state(message_id) is MessageState.BOUNCED
    assert [reported.held(number) for number in (502, 503)] == [["bounced"], ["bounced"]]
    assert reported.count(Suppression) == 0
    assert "passed on to bookkeeper@other.example" in notice(reported)


def test_our_address_in_original_recipient_is_not_the_one_that_failed(reported: ReportedEmails) -> None:
    message_id = reported.sent()
    raw = reported.report("forwarded_final_differs").replace(
        b"Final-Recipient:", b"Original-Recipient: rfc822; c502@customer.example\nFinal-Recipient:"
    )
    assert reported.receive(raw).recipient == "bookkeeper@other.example"
    assert reported.state(message_id) is MessageState.BOUNCED
    assert reported.count(Suppression) == 0


def test_an_envelope_id_proves_it_too(reported: ReportedEmails) -> None:
    message_id = reported.sent()
    token = reported.message().header_id[1:25].encode()
    raw = reported.report("forwarded_final_differs")
    raw = raw.replace(b"bounces+" + token, b"billing").replace(
        b"Reporting-MTA:", b"Original-Envelope-Id: " + token + b"\nReporting-MTA:"
    )
    reported.receive(raw)
    assert reported.state(message_id) is MessageState.BOUNCED


def test_a_delay_at_a_forwarding_proves_acceptance_and_holds_nothing(reported: ReportedEmails) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    raw = reported.report("forwarded_final_differs").replace(b"Action: failed", b"Action: delayed")
    assert reported.receive(raw).kind == Kind.SOFT
    assert reported.state(message_id) is MessageState.SENT
    assert reported.count(ReminderHold) == 0


def test_of_several_recipients_nobody_knows_which_passes_it_on(reported: ReportedEmails) -> None:
    with db.transaction(reported.engine) as session:
        asked = NewContact("boss@customer.example", ContactRole.TO, frozenset(Group))
        customer_id = load_invoice(session, invoice_id=502).customer_id
        contacts.add(session, customer_id=customer_id, asked=asked, actor="amy", now=NOW)
    message_id = reported.sent()
    assert reported.receive(reported.report("forwarded_final_differs")).kind == Kind.HARD
    assert reported.state(message_id) is MessageState.SENT
    assert reported.held(502) == ["bounced"]
    assert reported.count(Suppression) == 0
    assert "does not say which one" in notice(reported)


def test_the_same_report_again_tells_nobody_again(reported: ReportedEmails) -> None:
    reported.sent()
    raw = reported.report("forwarded_final_differs")
    for source in ("mailbox", "http"):
        reported.receive(raw, source)
    assert reported.count(Bounce) == 1
    assert notice(reported)
