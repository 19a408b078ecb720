"""A complaint is told to staff and holds reminders; it never suppresses, and never passes in silence."""

import pytest
from sqlalchemy import Engine

from paymail.models import Message, MessageState, ReminderHold, Suppression
from paymail.services import bounces
from paymail.services.bounces import Kind
from paymail.services.delivery import deliveries
from paymail.services.sending.copies import send_copy
from tests.dsn import TOKEN, sample
from tests.services.reported_emails import ReportedEmails


@pytest.fixture
def reported(engine: Engine) -> ReportedEmails:
    return ReportedEmails(engine)


def test_a_complaint_is_told_and_holds_the_customers_reminders(reported: ReportedEmails) -> None:
    reported.second_invoice(503)
    message_id = reported.sent(MessageState.UNKNOWN)
    raw = reported.report("arf_complaint")
    bounce = reported.receive(raw)
    assert (bounce.kind, bounce.message_id) == (Kind.COMPLAINT, message_id)
    assert reported.state(message_id) is MessageState.SENT
    assert [reported.held(number) for number in (502, 503)] == [["complained"], ["complained"]]
    assert reported.count(Suppression) == 0
    assert "reported the invoice email as spam" in reported.message().detail
    assert "email_complained" in reported.kinds()
    reported.receive(raw + b"\n")
    assert reported.count(Message, Message.kind == "notice") == 1


def test_a_complaint_about_a_copy_holds_nothing_and_says_so(reported: ReportedEmails) -> None:
    reported.change(
        lambda s: send_copy(s, invoice_id=502, to="books@x.example", actor="amy", now=reported.clock)
    )
    deliveries.sweep(reported.context)
    reported.receive(reported.report("arf_complaint"))
    assert reported.held(502) == []
    told = reported.message().detail
    assert "reported the copy email as spam" in told
    assert "Nothing is on hold" in told
    assert "release the hold" not in told


def test_a_complaint_is_known_by_the_return_path_that_it_names(reported: ReportedEmails) -> None:
    message_id = reported.sent()
    token = reported.message().header_id[1:25].encode()
    raw = reported.report("arf_complaint").replace(b"Message-ID: <", b"X-Removed: <")
    raw = raw.replace(b"Version: 1", b"Version: 1\nOriginal-Mail-From: <bounces+" + token + b"@pay.example>")
    assert reported.receive(raw).message_id == message_id


def test_outlook_com_sends_the_message_only(reported: ReportedEmails) -> None:
    message_id = reported.sent()
    raw = (
        "From: staff@hotmail.example\nTo: billing@southern-it.example\n"
        "Subject: complaint about message from 192.0.2.7\n"
        'Content-Type: multipart/mixed; boundary="B1"\n\n--B1\nContent-Type: message/rfc822\n\n'
        "X-HmXmrOriginalRecipient: c502@customer.example\n"
        f"Message-ID: {reported.message().header_id}\nSubject: Invoice\n\nx\n--B1--\n"
    )
    bounce = reported.receive(raw.encode())
    assert (bounce.kind, bounce.message_id, bounce.recipient) == (
        Kind.COMPLAINT,
        message_id,
        "c502@customer.example",
    )


@pytest.mark.parametrize("kind", [b"not-spam", b"auth-failure"])
def test_other_feedback_is_no_complaint(reported: ReportedEmails, kind: bytes) -> None:
    reported.sent()
    raw = reported.report("arf_complaint").replace(b"Feedback-Type: abuse", b"Feedback-Type: " + kind)
    assert reported.receive(raw).kind == Kind.UNMATCHED
    assert reported.count(ReminderHold) == 0


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out", "virus", "something new"])
def test_every_other_kind_is_one(kind: str) -> None:
    raw = sample("arf_complaint").replace(b"Feedback-Type: abuse", f"Feedback-Type: {kind}".encode())
    (finding,) = bounces.parse(raw).findings
    assert finding.kind is Kind.COMPLAINT
    assert finding.detail.startswith(kind)


def test_a_complaint_about_nothing_of_ours_does_nothing(reported: ReportedEmails) -> None:
    reported.sent()
    assert TOKEN.encode() in sample("arf_complaint")
    assert reported.receive(sample("arf_complaint")).kind == Kind.UNMATCHED
    assert reported.count(ReminderHold) == 0
