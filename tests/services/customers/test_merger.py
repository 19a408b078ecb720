"""Two customers who are one: one gets what both had, and the host's two records of it change nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import (
    Contact,
    Customer,
    Invoice,
    MessageState,
    SavedMethod,
    SavedMethodState,
    TimelineEvent,
)
from paymail.services.core.customers import CustomerErased, CustomerMerged
from paymail.services.customers import addresses, contacts, erasure, languages, merger
from paymail.services.customers.contacts import MOST_CONTACTS, NewContact, TooManyContacts
from paymail.services.customers.merger import CannotMerge, Merger
from paymail.services.delivery import deliveries
from paymail.services.lists import cursor
from paymail.services.reminders import preferences
from tests.factories import NOW, make_invoice
from tests.services.imports.host_files import BASE, Row, bring, rows, text_of
from tests.services.reported_emails import LATER, ReportedEmails

GOES, STAYS = 1, 2


class TwoCustomers(ReportedEmails):
    """Customer 1 has invoice 502, customer 2 has invoice 503."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        with db.transaction(engine) as session:
            make_invoice(session, invoice_id=503, reminders=True)

    def merge(self, customer_id: int = GOES, into: int = STAYS) -> Merger:
        with db.transaction(self.engine) as session:
            return merger.merge(session, customer_id=customer_id, into=into, actor="ann", now=LATER)

    def customer(self, customer_id: int) -> Customer:
        with db.reading(self.engine) as session:
            return addresses.customer(session, customer_id=customer_id)

    def add_contact(self, customer_id: int, email: str) -> None:
        with db.transaction(self.engine) as session:
            contacts.add(session, customer_id=customer_id, asked=NewContact(email), actor="ann", now=NOW)

    def owner(self, invoice_id: int) -> int:
        with db.reading(self.engine) as session:
            return session.get_one(Invoice, invoice_id).customer_id

    def recipients(self) -> list[str]:
        return [address for envelope in self.mailer.delivered for address in envelope.recipients]

    def save_method(self, customer_id: int, invoice_id: int) -> None:
        with db.transaction(self.engine) as session:
            row = SavedMethod(
                customer_id=customer_id, invoice_id=invoice_id, account="acct", method_id=f"pm_{customer_id}"
            )
            row.next_at = row.created_at = row.updated_at = NOW
            session.add(row)


@pytest.fixture
def two(engine: Engine) -> TwoCustomers:
    return TwoCustomers(engine)


def test_invoices_waiting_emails_and_contacts_go_to_the_one_that_stays(two: TwoCustomers) -> None:
    two.add_contact(GOES, "books@accountant.example")
    two.add_contact(GOES, "both@accountant.example")
    two.add_contact(STAYS, "both@accountant.example")
    message_id = two.send()
    done = two.merge()
    assert (done.invoices, done.owed, done.emails) == (1, 1, 1)
    assert two.owner(502) == two.owner(503) == STAYS
    deliveries.sweep(two.context)
    assert two.state(message_id) is MessageState.SENT
    assert sorted(two.recipients()) == [
        "books@accountant.example",
        "both@accountant.example",
        "c503@customer.example",
    ]
    with db.reading(two.engine) as session:
        assert {one.customer_id for one in session.scalars(select(Contact))} == {STAYS}
        event = session.scalars(select(TimelineEvent).where(TimelineEvent.kind == merger.MERGED)).one()
    assert (event.invoice_id, event.actor) == (502, "ann")
    assert "c502@customer.example" in event.detail
    assert "customer 2" in event.detail


def test_what_bounced_at_the_old_address_holds_nothing_any_more(two: TwoCustomers) -> None:
    two.sent()
    two.receive(two.report("postfix_unknown_user"))
    assert two.held(502) == ["bounced"]
    two.merge()
    assert two.held(502) == []


def test_whoever_was_to_get_nothing_from_one_gets_nothing_from_both(two: TwoCustomers) -> None:
    two.add_contact(GOES, "both@accountant.example")
    two.add_contact(STAYS, "both@accountant.example")
    with db.transaction(two.engine) as session:
        for contact in session.scalars(select(Contact).where(Contact.customer_id == GOES)):
            contact.invoices = contact.reminders = contact.receipts = False
    two.merge()
    two.send()
    deliveries.sweep(two.context)
    assert two.recipients() == ["c503@customer.example"]


def test_what_only_the_merged_one_has_of_the_buyer_is_kept(two: TwoCustomers) -> None:
    with db.transaction(two.engine) as session:
        session.get_one(Customer, GOES).address = "1 Wharf Rd"
    two.merge()
    assert two.customer(STAYS).address == "1 Wharf Rd"


def test_the_one_that_stays_can_take_the_address_of_the_merged_one(engine: Engine) -> None:
    host = TwoRecords(engine)
    host.merge()
    with db.transaction(engine) as session:
        addresses.change_email(session, customer_id=1, address="b@acme.example", actor="ann", now=LATER)
    assert host.customers() == [("b@acme.example", None)]
    host.bring()
    assert host.owners() == {1}


def test_contacts_that_were_taken_over_outlive_the_next_file(engine: Engine) -> None:
    host = TwoRecords(engine, "A", "B")
    host.records[1] |= {"customer_email": "b@acme.example; books@acme.example"}
    host.bring()
    host.merge()
    host.bring(host.records[0] | {"invoice_id": "9"})
    with db.reading(engine) as session:
        found = session.scalars(select(Contact)).one()
    assert (found.customer_id, found.email) == (1, "books@acme.example")


def test_saved_payment_methods_of_both_end(two: TwoCustomers) -> None:
    two.save_method(GOES, 502)
    two.save_method(STAYS, 503)
    two.merge()
    with db.reading(two.engine) as session:
        assert {one.state for one in session.scalars(select(SavedMethod))} == {SavedMethodState.REMOVING}


def test_reminders_that_were_off_for_either_stay_off(two: TwoCustomers) -> None:
    with db.transaction(two.engine) as session:
        preferences.set_up_customer(session, customer_id=GOES, off=True, actor="ann", now=NOW)
    two.merge()
    assert two.customer(STAYS).reminders_off


def test_the_same_merger_again_changes_nothing(two: TwoCustomers) -> None:
    two.merge()
    events = two.kinds()
    assert two.merge().invoices == 0
    assert two.kinds() == events


def test_a_merged_customer_is_not_listed_and_does_not_change(two: TwoCustomers) -> None:
    two.merge()
    with db.transaction(two.engine) as session:
        listed = cursor.customers(session, issuer_id=None, find="", limit=10).rows
        assert [one.customer_id for one in listed] == [STAYS]
        named = {"session": session, "customer_id": GOES}
        who = {"actor": "ann", "now": LATER}
        with pytest.raises(CustomerMerged, match="customer 1 was merged into customer 2"):
            addresses.change_email(**named, address="x@y.example", **who)  # type: ignore[arg-type]
        with pytest.raises(CustomerMerged):
            contacts.add(**named, asked=NewContact("x@y.example"), **who)  # type: ignore[arg-type]
        with pytest.raises(CustomerMerged):
            languages.set_locale(**named, **who, tag="de")  # type: ignore[arg-type]
        with pytest.raises(CustomerMerged):
            preferences.set_up_customer(**named, **who, off=True)  # type: ignore[arg-type]
        with pytest.raises(CustomerMerged):
            erasure.erase_customer(**named, **who)  # type: ignore[arg-type]


def test_what_cannot_be_one_is_refused(two: TwoCustomers) -> None:
    with pytest.raises(CannotMerge, match="itself"):
        two.merge(GOES, GOES)
    bring(two.engine, text_of([BASE]))  # of another issuer
    with pytest.raises(CannotMerge, match="different issuers"):
        two.merge(GOES, 3)
    for number in range(MOST_CONTACTS):
        two.add_contact(STAYS, f"c{number}@accountant.example")
    two.add_contact(GOES, "one-more@accountant.example")
    with pytest.raises(TooManyContacts):
        two.merge()
    assert two.owner(502) == GOES


def test_a_merged_or_erased_customer_is_nobody_to_merge_into(two: TwoCustomers) -> None:
    two.merge()
    with db.transaction(two.engine) as session:
        third = make_invoice(session, invoice_id=504, paid=8250).customer_id
    with pytest.raises(CustomerMerged):
        two.merge(third, GOES)
    with db.transaction(two.engine) as session:
        erasure.erase_customer(session, customer_id=third, actor="ann", now=LATER)
    with pytest.raises(CustomerErased):
        two.merge(STAYS, third)


def test_who_was_merged_twice_points_at_the_one_that_stays(two: TwoCustomers) -> None:
    two.merge()
    with db.transaction(two.engine) as session:
        third = make_invoice(session, invoice_id=504).customer_id
    two.merge(STAYS, third)
    assert two.customer(GOES).merged_into == two.customer(STAYS).merged_into == third
    assert two.owner(502) == third


def test_erasing_the_one_that_stays_erases_the_merged_one_too(two: TwoCustomers) -> None:
    two.merge()
    with db.transaction(two.engine) as session:
        for invoice_id in (502, 503):
            paid = session.get_one(Invoice, invoice_id)
            paid.amount_paid = paid.total
    with db.transaction(two.engine) as session:
        erasure.erase_customer(session, customer_id=STAYS, actor="ann", now=LATER + timedelta(days=1))
    for customer_id in (GOES, STAYS):
        gone = two.customer(customer_id)
        assert gone.erased_at is not None
        assert gone.email.endswith("@erased.invalid")
        assert gone.name == f"Erased customer {customer_id}"
    with db.reading(two.engine) as session:
        told = " ".join(session.scalars(select(TimelineEvent.detail)))
    assert "customer.example" not in told


ACME = {"invoice_id": "7", "customer_email": "a@acme.example"}
ACME_AGAIN = {"invoice_id": "8", "customer_email": "b@acme.example"}


class TwoRecords:
    """A host that has two records of one customer, Acme, by name and address or by its own ids."""

    def __init__(self, engine: Engine, *refs: str, name: str = "Acme") -> None:
        self.engine = engine
        records = (ACME, ACME_AGAIN | {"customer_name": name})
        self.refs = [{"customer_ref": ref} for ref in refs] or [{}, {}]
        self.records: list[Row] = [one | ref for one, ref in zip(records, self.refs, strict=True)]
        self.bring()

    def bring(self, *more: Row) -> dict[str, str]:
        """Import both records and further rows; return what became of each invoice."""
        report = bring(self.engine, text_of(rows(*self.records, *more)))
        return {one.number: one.what for one in report.results}

    def merge(self) -> None:
        with db.transaction(self.engine) as session:
            merger.merge(session, customer_id=2, into=1, actor="ann", now=LATER)

    def customers(self) -> list[tuple[str, str | None]]:
        with db.reading(self.engine) as session:
            found = select(Customer).where(Customer.merged_into.is_(None))
            return [(one.email, one.external_ref) for one in session.scalars(found)]

    def owners(self) -> set[int]:
        with db.reading(self.engine) as session:
            return set(session.scalars(select(Invoice.customer_id)))


@pytest.mark.parametrize("refs", [(), ("A", "B")])
def test_the_host_still_names_both_and_nothing_changes(engine: Engine, refs: tuple[str, ...]) -> None:
    host = TwoRecords(engine, *refs)
    before = host.customers()
    assert len(before) == 2
    host.merge()
    new = ACME_AGAIN | host.refs[1] | {"invoice_id": "9", "customer_country": "NZ"}
    host.records[1] |= {"customer_country": "NZ"}
    assert host.bring(new) == {"7": "unchanged", "8": "unchanged", "9": "created"}
    assert host.customers() == before[:1]
    assert host.owners() == {1}


def test_a_name_that_moves_on_at_the_host_stays_one_customer_here(engine: Engine) -> None:
    host = TwoRecords(engine, "A", "B")
    host.merge()
    host.records[1] |= {"customer_name": "Acme Holding", "customer_email": "c@acme.example"}
    report = bring(engine, text_of(rows(*host.records)))
    assert [one.what for one in report.results] == ["unchanged", "unchanged"]
    assert [note.reason for note in report.kept] == [
        "kept yours: 'Acme Holding' was merged into customer 1 here, who is mailed at 'a@acme.example'"
    ]
    assert host.customers() == [("a@acme.example", "A")]


@pytest.mark.parametrize("first", ["known", "new"])
@pytest.mark.parametrize("refs", [(), ("A", "B")])
def test_a_move_of_the_one_that_stays_holds_beside_word_of_the_other(
    engine: Engine, refs: tuple[str, ...], first: str
) -> None:
    # Two addresses of one name in one file would be two customers, and neither is known to have moved.
    host = TwoRecords(engine, *refs, name="Acme Pty Ltd")
    host.merge()
    host.records[0] |= {"customer_email": "new@acme.example"}
    new = host.records[1] | {"invoice_id": "9"}
    if first == "new":
        host.records.reverse()
    assert host.bring(new) == {"7": "updated", "8": "unchanged", "9": "created"}
    assert [email for email, _ref in host.customers()] == ["new@acme.example"]
    assert host.owners() == {1}


def test_the_hosts_id_goes_over_if_only_the_merged_one_has_it(engine: Engine) -> None:
    host = TwoRecords(engine, "", "B")
    host.merge()
    host.bring(ACME_AGAIN | {"invoice_id": "9", "customer_ref": "B"})
    assert host.customers() == [("a@acme.example", "B")]
    assert host.owners() == {1}
    host.bring(ACME_AGAIN | {"invoice_id": "9", "customer_ref": "B", "customer_email": "new@acme.example"})
    assert host.owners() == {1}
