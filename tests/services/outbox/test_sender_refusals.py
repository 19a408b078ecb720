"""Who refuses us for our DNS or reputation gets no more mail of this sender for a while; staff know why."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import (
    Bounce,
    Gate,
    HoldOrigin,
    HoldReason,
    Message,
    MessageKind,
    MessageState,
    Suppression,
)
from paymail.ports.mail import Outcome, Verdict
from paymail.services.bounces import relay_log_follower
from paymail.services.customers import addresses
from paymail.services.delivery import deliveries
from paymail.services.outbox import gates, sender_refusals
from paymail.services.reminders import holds
from tests.factories import make_invoice
from tests.services.reported_emails import LATER, ReportedEmails

DMARC = "550 5.7.26 Your email has been blocked because the sender is unauthenticated"
REFUSED = Outcome(Verdict.FAILED, 550, DMARC, "RCPT", status="5.7.26")


@pytest.fixture
def reported(engine: Engine) -> ReportedEmails:
    return ReportedEmails(engine)


def report(reported: ReportedEmails) -> bytes:
    raw = reported.report("sendmail_status_5_1_1_reply_5_7_1")
    return raw.replace(b"550 5.7.1 IP address blacklisted by recipient", DMARC.encode())


def another_customer(reported: ReportedEmails, number: int) -> None:
    with db.transaction(reported.engine) as session:
        make_invoice(session, invoice_id=number, name=f"Customer {number}")


def report_all(reported: ReportedEmails) -> None:
    """A report about each email to a customer: each names its own message and address."""
    with db.reading(reported.engine) as session:
        sent = select(Message.header_id, Message.recipient).where(Message.kind != "notice")
        emails = session.execute(sent.order_by(Message.message_id)).all()
    raw, named = report(reported), reported.message().header_id[1:25].encode()
    for header_id, recipient in emails:
        about = raw.replace(named, header_id[1:25].encode())
        reported.receive(about.replace(b"c502@customer.example", recipient.encode()))


def closed(reported: ReportedEmails) -> int:
    return reported.count(Gate, Gate.key.startswith("refused:"))


def states(reported: ReportedEmails, kind: str) -> list[MessageState]:
    with db.reading(reported.engine) as session:
        found = select(Message.state).where(Message.kind == kind).order_by(Message.message_id)
        return list(session.scalars(found))


def test_a_refusal_at_the_hand_over_closes_the_destination_for_this_sender(reported: ReportedEmails) -> None:
    reported.second_invoice(503)
    reported.mailer.outcomes.append(REFUSED)
    reported.send_one(502)
    reported.send_one(503)
    deliveries.sweep(reported.context)
    assert states(reported, "invoice") == [MessageState.FAILED, MessageState.SCHEDULED]
    assert states(reported, "notice") == [MessageState.SENT]
    assert reported.count(Suppression) == 0
    assert "customer.example refuses the emails of" in reported.message().detail
    assert "paymail bounces resume customer.example" in reported.message().detail


def test_reports_about_two_customers_do_the_same_and_condemn_no_address(reported: ReportedEmails) -> None:
    reported.second_invoice(503)
    another_customer(reported, 504)
    reported.send_one(504)
    reported.sent()
    report_all(reported)
    assert (reported.held(502), reported.held(504)) == (["bounced"], ["bounced"])
    assert reported.count(Suppression) == 0
    assert "customer.example refuses the emails of" in reported.message().detail
    reported.clock = LATER
    reported.send_one(503)
    deliveries.sweep(reported.context)
    assert states(reported, "invoice") == [MessageState.BOUNCED] * 2 + [MessageState.SCHEDULED]


def test_reports_of_one_customer_close_nothing_and_staff_are_told_as_of_any_bounce(
    reported: ReportedEmails,
) -> None:
    reported.second_invoice(503)
    reported.send_one(503)
    reported.sent()
    report_all(reported)
    assert states(reported, "invoice") == [MessageState.BOUNCED] * 2
    assert closed(reported) == 0
    assert "bounced" in reported.message().detail
    assert reported.held(502) == ["bounced"]


def test_reports_about_copies_to_named_addresses_close_nothing(reported: ReportedEmails) -> None:
    another_customer(reported, 503)
    reported.send_one(503)
    reported.sent()
    with db.transaction(reported.engine) as session:
        for message in session.scalars(select(Message)):
            message.kind = MessageKind.COPY if message.invoice_id == 502 else MessageKind.ANSWER
    report_all(reported)
    assert closed(reported) == 0
    assert reported.count(Message, Message.state == MessageState.BOUNCED) == 2


def test_a_refusal_by_whom_mail_is_passed_on_to_confirms_no_report(reported: ReportedEmails) -> None:
    another_customer(reported, 503)
    reported.send_one(503)
    reported.sent()
    with db.transaction(reported.engine) as session:
        about = session.scalars(select(Message).where(Message.invoice_id == 503)).one()
        detail = f"passed on to x@elsewhere.example: {DMARC}"
        session.add(
            Bounce(
                digest="d",
                message_id=about.message_id,
                recipient="c503@customer.example",
                kind="hard",
                status="5.7.26",
                detail=detail,
                source="mailbox",
                received_at=LATER,
            )
        )
    reported.receive(report(reported))
    assert closed(reported) == 0


def test_staff_are_told_once_however_many_emails_are_refused(reported: ReportedEmails) -> None:
    for number in (503, 504, 505):
        another_customer(reported, number)
        reported.send_one(number)
    reported.sent()
    report_all(reported)
    assert states(reported, "invoice") == [MessageState.BOUNCED] * 4
    assert reported.count(Message, Message.kind == "notice") == 2, "the first report, and the closing"
    assert closed(reported) == 1


def test_other_senders_and_destinations_go_on(reported: ReportedEmails) -> None:
    reported.second_invoice(503)
    with db.transaction(reported.engine) as session:
        for key in (gates.refused(9, "customer.example"), gates.refused(1, "other.example")):
            gates.close_for_refusal(session, key=key, reason="550", now=reported.clock)
    assert reported.state(reported.sent()) is MessageState.SENT


def test_a_thousand_domains_that_refuse_stop_no_others(reported: ReportedEmails) -> None:
    with db.transaction(reported.engine) as session:
        until = LATER + timedelta(days=1)
        for number in range(1200):
            session.add(Gate(key=gates.refused(1, f"c{number}.example"), opens_at=until, failures=1))
    assert reported.state(reported.sent()) is MessageState.SENT


def test_it_opens_by_hand_and_what_it_held_goes_on(reported: ReportedEmails) -> None:
    another_customer(reported, 503)
    another_customer(reported, 504)
    reported.send_one(503)
    reported.sent()
    report_all(reported)
    with db.transaction(reported.engine) as session:
        holds.place(
            session,
            invoice_id=504,
            reason=HoldReason.BOUNCED,
            actor="mailbox",
            now=LATER,
            detail="5.2.2 mailbox full",
            origin=HoldOrigin.BOUNCE,
        )
        (found,) = sender_refusals.closed(session, now=LATER)
        assert (found.domain, found.reason) == ("customer.example", f"5.7.26 smtp; {DMARC}")
        assert sender_refusals.reopen(session, domain="Customer.example", now=LATER) == 1
        assert addresses.readmit_domain(session, domain="Customer.example", actor="amy", now=LATER) == 2
        assert sender_refusals.closed(session, now=LATER) == []
    assert reported.held(502) == reported.held(503) == []
    assert reported.held(504) == ["bounced"], "a full mailbox is as full as before"


def test_it_opens_by_itself_after_a_day_and_staff_are_told_again_if_it_closes_again(
    reported: ReportedEmails,
) -> None:
    reported.second_invoice(503)
    reported.mailer.outcomes.append(REFUSED)
    reported.sent(MessageState.FAILED)
    reported.clock += timedelta(hours=25)
    reported.mailer.outcomes.append(REFUSED)
    reported.send_one(503)
    deliveries.sweep(reported.context)
    assert reported.count(Message, Message.kind == "notice") == 2


def test_a_suppressed_address_stays_held_when_its_domain_is_resumed(reported: ReportedEmails) -> None:
    reported.sent()
    reported.receive(reported.report("postfix_unknown_user"))
    with db.transaction(reported.engine) as session:
        assert addresses.readmit_domain(session, domain="customer.example", actor="amy", now=LATER) == 0
    assert reported.held(502) == ["bounced"]


def test_a_notice_that_is_refused_closes_nothing(reported: ReportedEmails) -> None:
    reported.mailer.outcomes += [REFUSED, REFUSED]
    reported.sent(MessageState.FAILED)
    assert reported.count(Gate, Gate.key.startswith("refused:")) == 1
    assert reported.count(Message, Message.kind == "notice") == 1


def test_any_other_final_refusal_closes_nothing(reported: ReportedEmails) -> None:
    reported.mailer.outcomes.append(Outcome(Verdict.FAILED, 550, "550 5.7.1 looks like spam", "dot"))
    reported.sent(MessageState.FAILED)
    assert reported.count(Gate, Gate.key.startswith("refused:")) == 0


def test_the_relays_log_tells_of_it_too(reported: ReportedEmails, tmp_path: Path) -> None:
    reported.sent()
    log = tmp_path / "mail.log"
    head = "Mar 17 01:00:01 mx postfix"
    log.write_text(
        f"{head}/cleanup[1]: 4ABCDE: message-id={reported.message().header_id}\n"
        f"{head}/smtp[1]: 4ABCDE: to=<c502@customer.example>, relay=mx.example[192.0.2.5]:25, delay=1,"
        f" dsn=5.7.26, status=bounced (host mx.example[192.0.2.5] said: {DMARC})\n"
    )
    relay_log_follower.prove(reported.context_at(LATER), log)
    assert reported.count(Gate, Gate.key == gates.refused(1, "customer.example")) == 1
