"""Addresses are let in again or changed with a record, and mail that waits goes where it should."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Customer, Message, MessageState, TimelineEvent
from paymail.ports.mail import Outcome, Verdict
from paymail.services.core.customers import NoSuchCustomer
from paymail.services.core.email_addresses import BadAddress
from paymail.services.customers import addresses
from paymail.services.delivery import deliveries, handover, outcomes, unknown_messages
from paymail.services.links import pay_links
from paymail.services.outbox import notices, queue, suppressions
from paymail.services.outbox.queue import Claim
from paymail.services.outbox.suppressions import NoReason, NoSuchSuppression
from tests.factories import NOW, make_invoice
from tests.services.imports.host_files import BASE, bring, rows, text_of
from tests.services.reported_emails import LATER, ReportedEmails

OLD = "c502@customer.example"
NEW = "new@other.example"
MUCH_LATER = NOW + timedelta(hours=1)


class ChangedAddress(ReportedEmails):
    """Emails of a customer whose address changes."""

    def customer_id(self) -> int:
        with db.reading(self.engine) as session:
            return session.scalars(select(Customer.customer_id).order_by(Customer.customer_id)).first() or 0

    def change(self, address: str) -> int:
        with db.transaction(self.engine) as session:
            return addresses.change_email(
                session, customer_id=self.customer_id(), address=address, actor="ann", now=LATER
            )

    def replace_link(self) -> None:
        with db.transaction(self.engine) as session:
            pay_links.regenerate(session, invoice_id=502, actor="ann", now=LATER)

    def set_address(self, address: str) -> None:
        with db.transaction(self.engine) as session:
            session.get_one(Customer, self.customer_id()).email = address

    def recipients(self) -> list[str]:
        return [address for envelope in self.mailer.delivered for address in envelope.recipients]

    def readmit(self, address: str = OLD, reason: str = "they called") -> int:
        with db.transaction(self.engine) as session:
            return addresses.readmit(session, address=address, reason=reason, actor="ann", now=LATER)


@pytest.fixture
def reported(engine: Engine) -> ChangedAddress:
    return ChangedAddress(engine)


@pytest.mark.parametrize("report", ["postfix_unknown_user", "gmail_spam"])
def test_lifting_lets_the_reminders_go_on(reported: ChangedAddress, report: str) -> None:
    reported.second_invoice(503)
    reported.sent()
    reported.receive(reported.report(report))
    assert reported.readmit("C502@CUSTOMER.example ") == 2
    assert reported.held(502) == reported.held(503) == []
    with db.reading(reported.engine) as session:
        assert suppressions.active(session, address=OLD) is None
    with pytest.raises(NoSuchSuppression):
        reported.readmit()


def test_lifting_needs_a_reason(reported: ChangedAddress) -> None:
    reported.sent()
    reported.receive(reported.report("postfix_unknown_user"))
    with pytest.raises(NoReason):
        reported.readmit(reason="  ")
    assert reported.held(502) == ["bounced"]


def test_a_changed_address_is_mailed_and_its_reminders_go_on(reported: ChangedAddress) -> None:
    reported.sent()
    reported.receive(reported.report("postfix_unknown_user"))
    message_id = reported.send(again=True)
    assert reported.change("new@customer.example") == 1
    deliveries.sweep(reported.context)
    assert reported.state(message_id) is MessageState.SENT
    assert reported.mailer.delivered[-1].recipients == ("new@customer.example",)
    assert reported.held(502) == []
    with db.reading(reported.engine) as session:
        event = session.scalars(
            select(TimelineEvent).where(TimelineEvent.kind == addresses.ADDRESS_CHANGED)
        ).one()
        assert (event.actor, event.detail) == ("ann", f"from {OLD} to new@customer.example")
        assert suppressions.active(session, address=OLD) is not None


def test_a_waiting_email_is_written_afresh(reported: ChangedAddress) -> None:
    message_id = reported.send(at=NOW + timedelta(hours=1))
    with db.transaction(reported.engine) as session:
        message = session.get_one(Message, message_id)
        message.subject = "old"
    reported.change("new@bücher.example")
    with db.reading(reported.engine) as session:
        message = session.get_one(Message, message_id)
        assert (message.recipient, message.destination) == ("new@bücher.example", "xn--bcher-kva.example")
        assert (message.mime_sha256, message.subject, message.fence) == (None, "", 1)
        assert message.next_at == NOW + timedelta(hours=1)


def test_a_worker_that_is_sending_to_the_old_address_loses_the_message(reported: ChangedAddress) -> None:
    message_id = reported.send()
    with db.transaction(reported.engine) as session:
        (claim,) = queue.claim(session, now=NOW, lease=reported.context.lease)
    reported.change("new@customer.example")
    with db.transaction(reported.engine) as session:
        assert not handover.begin_handover(session, claim=claim, now=NOW, lease=reported.context.lease)
    deliveries.sweep(reported.context)
    assert reported.state(message_id) is MessageState.SENT
    assert [envelope.recipients for envelope in reported.mailer.delivered] == [("new@customer.example",)]


@pytest.mark.parametrize("link", ["kept", "replaced"])
def test_what_the_server_deferred_after_the_dot_goes_to_the_new_address(
    reported: ChangedAddress, link: str
) -> None:
    reported.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "busy", "dot")]
    message_id = reported.send()
    deliveries.sweep(reported.context)
    assert reported.change(NEW) == 1
    if link == "replaced":
        reported.replace_link()
    reported.clock = MUCH_LATER
    deliveries.sweep(reported.context)
    assert reported.state(message_id) is MessageState.SENT
    assert reported.recipients() == [OLD, NEW]
    assert (reported.message().recipient, reported.message().attempts) == (NEW, 1)


@pytest.mark.parametrize("link", ["kept", "replaced"])
def test_a_refusal_that_comes_back_late_goes_to_the_new_address(reported: ChangedAddress, link: str) -> None:
    reported.mailer.outcomes = [Outcome(Verdict.UNKNOWN, 0, "stalled", "dot")]
    message_id = reported.send()
    deliveries.sweep(reported.context)
    assert reported.change(NEW) == 0
    assert reported.message().recipient == OLD
    if link == "replaced":
        reported.replace_link()
    late = Outcome(Verdict.DEFERRED, 451, "busy", "dot")
    with db.transaction(reported.engine) as session:
        claim = Claim(message_id, session.get_one(Message, message_id).fence, 1)
        outcomes.finish(session, claim=claim, outcome=late, now=LATER, retries=reported.context.retries)
    reported.clock = MUCH_LATER
    deliveries.sweep(reported.context)
    assert reported.state(message_id) is MessageState.SENT
    assert reported.recipients() == [OLD, NEW]
    assert (reported.message().recipient, reported.message().destination) == (NEW, "other.example")


def test_what_is_in_doubt_and_sent_again_goes_to_the_new_address(reported: ChangedAddress) -> None:
    reported.mailer.outcomes = [Outcome(Verdict.UNKNOWN, 0, "stalled", "dot")]
    message_id = reported.send()
    deliveries.sweep(reported.context)
    reported.change(NEW)
    with db.transaction(reported.engine) as session:
        suppressions.add(session, address=OLD, reason="staff", actor="ann", now=LATER)
        unknown_messages.resend(session, message_id=message_id, actor="ann", now=LATER)
    reported.clock = MUCH_LATER
    deliveries.sweep(reported.context)
    assert reported.state(message_id) is MessageState.SENT
    assert reported.recipients() == [OLD, NEW]


def test_an_email_whose_address_changes_unseen_is_not_handed_over_to_the_old_one(
    reported: ChangedAddress,
) -> None:
    # As if it had been queued while the address was being changed: its fence has not moved on.
    once = [lambda: reported.set_address(NEW)]
    object.__setattr__(
        reported.context, "failpoint", lambda name: once.pop()() if name == "prepared" and once else None
    )
    message_id = reported.send()
    deliveries.sweep(reported.context)
    assert reported.state(message_id) is MessageState.SENT
    assert reported.recipients() == [NEW]


def test_notices_to_staff_stay_addressed_to_staff(reported: ChangedAddress) -> None:
    with db.transaction(reported.engine) as session:
        notices.tell_staff(session, invoice_id=502, about="t", key=1, headline="x", detail="", now=NOW)
    assert reported.change("new@customer.example") == 0
    assert reported.message().recipient == "billing@southern-it.example"


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c.example", "a@b\r\nBcc: x@y.example", "a b@c.example"]
)
def test_a_wrong_address_is_refused_with_the_reason(reported: ChangedAddress, address: str) -> None:
    with pytest.raises(BadAddress, match="is not an email address"):
        reported.change(address)


def test_a_twin_is_refused(reported: ChangedAddress) -> None:
    with db.transaction(reported.engine) as session:
        make_invoice(session, invoice_id=600)
    with pytest.raises(addresses.AddressTaken):
        reported.change("c600@customer.example")


def test_an_unknown_customer_is_said_to_be_unknown(reported: ChangedAddress) -> None:
    with pytest.raises(NoSuchCustomer), db.transaction(reported.engine) as session:
        addresses.change_email(session, customer_id=999, address="a@b.example", actor="a", now=NOW)


def test_the_host_may_go_on_with_the_old_address(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    with db.transaction(engine) as session:
        found = session.scalars(select(Customer)).one()
        addresses.change_email(
            session, customer_id=found.customer_id, address="new@acme.example", actor="a", now=NOW
        )
    paid = {"payment_status": "paid", "amount_paid": BASE["total"]}
    report = bring(engine, text_of(rows(paid)))
    assert (report.updated, report.faults) == (1, ())
    with db.reading(engine) as session:
        assert session.scalars(select(Customer)).one().email == "new@acme.example"


def test_an_address_that_is_new_to_both_is_taken_over_from_the_host(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    with db.transaction(engine) as session:
        found = session.scalars(select(Customer)).one()
        first = found.email
        for address in ("new@acme.example", "newer@acme.example"):
            addresses.change_email(
                session, customer_id=found.customer_id, address=address, actor="a", now=NOW
            )
    assert found.host_email == first
    bring(engine, text_of(rows({"customer_email": "other@acme.example"})))
    with db.reading(engine) as session:
        found = session.scalars(select(Customer)).one()
        assert (found.email, found.host_email) == ("other@acme.example", None)
