"""One email goes to all who are to have it, in one transaction, and each address has a fate of its own."""

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Contact, ContactOrigin, ContactRole, Customer, Issuer, Message, MessageState
from paymail.ports.mail import Outcome, Verdict
from paymail.services.core.email_addresses import BadAddress
from paymail.services.customers import contacts
from paymail.services.customers.contacts import ContactKnown, NewContact, NoGroup, NoSuchContact
from paymail.services.delivery import deliveries, unknown_messages
from paymail.services.letters.kind import Group
from paymail.services.outbox import recipients, suppressions
from tests.factories import NOW
from tests.services.reported_emails import LATER, ReportedEmails

OWN = "c502@customer.example"
BOSS, BOOKS, AUDIT = "boss@customer.example", "books@accountant.example", "audit@accountant.example"
Fates = list[tuple[str, str, str]]


class Copied(ReportedEmails):
    """Invoice 502, whose customer has contacts."""

    def customer_id(self) -> int:
        with db.reading(self.engine) as session:
            return session.scalars(select(Customer.customer_id)).one()

    def add(self, email: str, role: ContactRole, *groups: Group) -> int:
        asked = NewContact(email, role, frozenset(groups or Group))
        with db.transaction(self.engine) as session:
            found = contacts.add(
                session, customer_id=self.customer_id(), asked=asked, actor="vera", now=self.clock
            )
            return found.contact_id

    def remove(self, contact_id: int) -> None:
        with db.transaction(self.engine) as session:
            contacts.remove(
                session,
                customer_id=self.customer_id(),
                contact_id=contact_id,
                actor="vera",
                now=self.clock,
            )

    def deliver(self) -> list[tuple[str, ...]]:
        """Return the envelope's recipients of each email that is handed over now."""
        before = len(self.mailer.delivered)
        deliveries.sweep(self.context)
        return [envelope.recipients for envelope in self.mailer.delivered[before:]]

    def fates(self, message_id: int) -> Fates:
        with db.reading(self.engine) as session:
            found = recipients.fates(session, message=session.get_one(Message, message_id))
        return [(one.address, one.role, one.state) for one in found]

    def bounced(self, address: str) -> None:
        self.receive(self.report_about(address))

    def report_about(self, address: str) -> bytes:
        newest = next(m for m in reversed(self.messages()) if m.kind != "notice")
        raw = self.report("postfix_unknown_user").replace(OWN.encode(), address.encode())
        return raw.replace(self.message().header_id[1:25].encode(), newest.header_id[1:25].encode())

    def suppress(self, address: str) -> None:
        with db.transaction(self.engine) as session:
            suppressions.add(session, address=address, reason="staff", actor="vera", now=NOW)


@pytest.fixture
def copied(engine: Engine) -> Copied:
    return Copied(engine)


def test_one_email_goes_to_all_contacts_of_its_group_at_once(copied: Copied) -> None:
    copied.add(BOSS, ContactRole.TO)
    copied.add(BOOKS, ContactRole.CC, Group.INVOICES)
    copied.add(AUDIT, ContactRole.BCC, Group.RECEIPTS)
    message_id = copied.send()
    assert copied.deliver() == [(OWN, BOSS, BOOKS)]
    assert copied.fates(message_id) == [
        (OWN, "to", "accepted"),
        (BOSS, "to", "accepted"),
        (BOOKS, "cc", "accepted"),
    ]
    copied.pay()
    assert copied.deliver() == [(OWN, BOSS, AUDIT)]


def test_a_bookkeeper_gets_a_blind_copy_of_invoices_and_receipts_and_of_nothing_else(copied: Copied) -> None:
    with db.transaction(copied.engine) as session:
        session.scalars(select(Issuer)).one().bookkeeper_email = BOOKS
    message_id = copied.send()
    assert copied.deliver() == [(OWN, BOOKS)]
    assert copied.fates(message_id)[1] == (BOOKS, "bcc", "accepted")
    copied.at("2026-04-20T10:00").turn()
    reminders = [m.message_id for m in copied.messages("reminder") if m.state is MessageState.SENT]
    assert reminders
    assert [copied.fates(one) for one in reminders] == [[(OWN, "to", "sent")]] * len(reminders)
    copied.pay()
    assert copied.deliver() == [(OWN, BOOKS)]


def test_an_email_to_one_address_has_no_rows_and_no_statement_more(copied: Copied) -> None:
    message_id = copied.send()
    copied.deliver()
    assert copied.fates(message_id) == [(OWN, "to", "sent")]


def test_an_address_that_the_server_refuses_stops_no_other_and_staff_are_told(copied: Copied) -> None:
    copied.add(BOOKS, ContactRole.CC)
    message_id = copied.send()
    refused = {BOOKS: "550 5.1.1 no such user"}
    copied.mailer.outcomes.append(Outcome(Verdict.SENT, 250, phase="dot", refused=refused))
    copied.deliver()
    assert copied.fates(message_id) == [(OWN, "to", "accepted"), (BOOKS, "cc", "refused")]
    assert copied.state(message_id) is MessageState.SENT
    (notice,) = copied.messages("notice")
    assert BOOKS in notice.detail


def test_a_copy_that_bounces_suppresses_its_address_and_holds_nothing(copied: Copied) -> None:
    copied.add(BOOKS, ContactRole.CC)
    message_id = copied.send()
    copied.deliver()
    copied.bounced(BOOKS)
    assert copied.state(message_id) is MessageState.SENT
    assert copied.fates(message_id) == [(OWN, "to", "accepted"), (BOOKS, "cc", "bounced")]
    assert copied.held(502) == []
    with db.reading(copied.engine) as session:
        assert suppressions.active(session, address=BOOKS) is not None
        assert suppressions.active(session, address=OWN) is None
    assert [BOOKS in notice.detail for notice in copied.messages("notice")] == [True]


def test_reminders_wait_only_when_everybody_who_is_written_to_has_bounced(copied: Copied) -> None:
    copied.add(BOSS, ContactRole.TO)
    copied.add(BOOKS, ContactRole.CC)
    message_id = copied.send()
    copied.deliver()
    copied.bounced(OWN)
    assert (copied.state(message_id), copied.held(502)) == (MessageState.SENT, [])
    copied.bounced(OWN)
    assert len(copied.messages("notice")) == 1
    copied.bounced(BOSS)
    assert (copied.state(message_id), copied.held(502)) == (MessageState.BOUNCED, ["bounced"])
    assert len(copied.messages("notice")) == 2
    copied.bounced(BOOKS)
    assert copied.fates(message_id)[2] == (BOOKS, "cc", "bounced")


def test_a_suppressed_address_is_left_out_and_shown(copied: Copied) -> None:
    copied.add(BOSS, ContactRole.TO)
    copied.suppress(OWN)
    message_id = copied.send()
    assert copied.deliver() == [(BOSS,)]
    assert copied.fates(message_id) == [(OWN, "to", "suppressed"), (BOSS, "to", "sent")]


def test_a_copy_alone_is_no_email_to_the_customer(copied: Copied) -> None:
    copied.add(BOOKS, ContactRole.CC)
    copied.suppress(OWN)
    message_id = copied.send()
    assert copied.deliver() == []
    assert copied.state(message_id) is MessageState.SUPPRESSED


def test_an_email_that_waits_for_another_try_goes_to_the_contacts_of_then(copied: Copied) -> None:
    books = copied.add(BOOKS, ContactRole.CC)
    message_id = copied.send()
    copied.mailer.outcomes.append(Outcome(Verdict.DEFERRED, 451, "later", "RCPT"))
    assert copied.deliver() == []
    copied.remove(books)
    copied.add(BOSS, ContactRole.TO)
    copied.clock = LATER
    assert copied.deliver() == [(OWN, BOSS)]
    assert copied.fates(message_id) == [(OWN, "to", "accepted"), (BOSS, "to", "accepted")]


def test_rows_of_contacts_that_are_gone_say_nothing_of_an_email_to_one_address(copied: Copied) -> None:
    books = copied.add(BOOKS, ContactRole.CC)
    message_id = copied.send()
    copied.mailer.outcomes.append(Outcome(Verdict.DEFERRED, 451, "later", "RCPT"))
    copied.deliver()
    copied.remove(books)
    copied.clock = LATER
    assert copied.deliver() == [(OWN,)]
    assert copied.fates(message_id) == [(OWN, "to", "sent")]
    copied.bounced(OWN)
    assert (copied.state(message_id), copied.held(502)) == (MessageState.BOUNCED, ["bounced"])


def test_a_contact_is_added_once_and_only_with_an_address_that_spoils_nothing(copied: Copied) -> None:
    copied.add(BOOKS, ContactRole.CC)
    with pytest.raises(ContactKnown):
        copied.add(BOOKS.upper(), ContactRole.BCC)
    with pytest.raises(ContactKnown):
        copied.add(OWN, ContactRole.CC)
    for bad in ("nobody", "a@b@c.example", "jörg@customer.example", "a\r\nRCPT TO:<x@evil.example>"):
        with pytest.raises(BadAddress):
            copied.add(bad, ContactRole.CC)
    asked = NewContact(BOSS, ContactRole.CC, frozenset())
    with db.transaction(copied.engine) as session, pytest.raises(NoGroup):
        contacts.add(session, customer_id=1, asked=asked, actor="vera", now=NOW)
    with pytest.raises(NoSuchContact):
        copied.remove(999)
    assert copied.timeline().count("customer_address_changed") == 1


def test_the_hosts_further_addresses_come_and_go_and_staffs_stay(copied: Copied) -> None:
    copied.add(BOOKS, ContactRole.CC)

    def take_over(*emails: str) -> bool:
        with db.transaction(copied.engine) as session:
            found = session.get_one(Customer, copied.customer_id())
            return contacts.take_over(session, found=found, emails=emails, actor="import", now=NOW)

    assert take_over(BOSS, OWN, BOOKS)
    assert not take_over(BOSS, BOOKS)
    with db.reading(copied.engine) as session:
        rows = session.scalars(select(Contact).order_by(Contact.contact_id)).all()
        assert [(one.email, one.role, one.origin) for one in rows] == [
            (BOOKS, ContactRole.CC, ContactOrigin.STAFF),
            (BOSS, ContactRole.TO, ContactOrigin.HOST),
        ]
    assert take_over()
    message_id = copied.send()
    assert copied.deliver() == [(OWN, BOOKS)]
    assert len(copied.fates(message_id)) == 2


def test_one_report_may_name_several_addresses(copied: Copied) -> None:
    copied.add(BOSS, ContactRole.TO)
    message_id = copied.send()
    copied.deliver()
    raw = copied.report("postfix_unknown_user")
    start = raw.index(b"Final-Recipient:")
    end = raw.index(b"\n\n", start)
    block = raw[start:end].replace(OWN.encode(), BOSS.encode())
    copied.receive(raw[:end] + b"\n\n" + block + raw[end:])
    assert copied.fates(message_id) == [(OWN, "to", "bounced"), (BOSS, "to", "bounced")]
    assert (copied.state(message_id), copied.held(502)) == (MessageState.BOUNCED, ["bounced"])
    with db.reading(copied.engine) as session:
        assert set(suppressions.among(session, addresses=[OWN, BOSS])) == {OWN, BOSS}


def test_reminders_go_on_to_whom_they_reach(copied: Copied) -> None:
    copied.add(BOSS, ContactRole.TO)
    copied.send()
    copied.deliver()
    copied.bounced(OWN)
    copied.at("2026-04-20T10:00").turn()
    reminded = [m.recipient for m in copied.messages("reminder") if m.state is MessageState.SENT]
    assert set(reminded) == {BOSS}
    copied.bounced(BOSS)
    assert copied.held(502) == ["bounced"]
    before = len(copied.mailer.delivered)
    copied.at("2026-05-20T10:00").turn()
    assert [e for e in copied.mailer.delivered[before:] if BOSS in e.recipients] == []


def test_an_email_in_doubt_that_is_proved_has_its_fates(copied: Copied) -> None:
    copied.add(BOOKS, ContactRole.CC)
    message_id = copied.send()
    copied.mailer.outcomes.append(Outcome(Verdict.UNKNOWN, phase="dot"))
    copied.deliver()
    assert {state for _, _, state in copied.fates(message_id)} == {"pending"}
    with db.transaction(copied.engine) as session:
        unknown_messages.mark_sent(session, message_id=message_id, actor="vera", now=LATER)
    assert {state for _, _, state in copied.fates(message_id)} == {"accepted"}


def test_a_bookkeeper_that_is_refused_is_told_of_once_a_day(copied: Copied) -> None:
    with db.transaction(copied.engine) as session:
        session.scalars(select(Issuer)).one().bookkeeper_email = BOOKS
    copied.add_invoice(503)
    for invoice_id in (502, 503):
        copied.send_one(invoice_id)
        copied.mailer.outcomes.append(Outcome(Verdict.SENT, 250, phase="dot", refused={BOOKS: "550 no"}))
    copied.deliver()
    assert len(copied.messages("notice")) == 1


def test_a_contact_of_the_host_that_staff_removed_is_not_brought_back(copied: Copied) -> None:
    def file_gives(*emails: str) -> bool:
        with db.transaction(copied.engine) as session:
            found = session.get_one(Customer, copied.customer_id())
            return contacts.take_over(session, found=found, emails=emails, actor="import", now=NOW)

    file_gives(BOSS)
    copied.remove(1)
    assert not file_gives(BOSS)
    copied.send()
    assert copied.deliver() == [(OWN,)]
    copied.remove(1)
    assert file_gives(BOSS)


def test_two_ways_to_write_one_address_are_one_when_it_is_suppressed(copied: Copied) -> None:
    copied.suppress(OWN)
    with db.reading(copied.engine) as session:
        assert suppressions.covers(session, addresses=[OWN, OWN.upper()])
        assert not suppressions.covers(session, addresses=[OWN, BOSS])
