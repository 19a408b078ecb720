"""An import is taken back whole, or not at all: what it made goes, what it changed is as it was."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from paymail import db
from paymail.errors import NotFound
from paymail.models import (
    Channel,
    Contact,
    Customer,
    HostSync,
    Invoice,
    Message,
    Payment,
    Restore,
    TimelineEvent,
)
from paymail.services.core.contexts import GatewayContext
from paymail.services.customers import addresses, merger, statement_emails
from paymail.services.imports import NotTakenBack, import_emails
from paymail.services.imports.take_back import take_back
from paymail.services.links import pay_links
from paymail.services.payments import adjustments, checkout, manual_payments
from tests.factories import NOW
from tests.services.imports.import_story import ImportStory, made

PAID = {"payment_status": "paid", "amount_paid": "82.50"}
OTHER = {"customer_name": "Somebody Else", "customer_email": "else@other.example"}
KEPT = ("imports", "import_changes", "import_faults")


@pytest.fixture
def story(engine: Engine) -> ImportStory:
    return ImportStory(engine)


def test_what_an_import_made_is_gone_and_its_numbers_are_free(story: ImportStory) -> None:
    before = story.counts(*KEPT)
    report = story.bring(*made(7, 8), *made(9, **PAID))
    taken = story.take_back(report.import_id)
    assert (taken.taken_back_by, taken.taken_back_at) == ("staff", story.clock)
    assert story.counts(*KEPT) == before
    assert story.bring(*made(7, 8, 9)).created == 3
    assert story.numbers() == ["7", "8", "9", "502"]


def test_it_can_be_taken_back_twice_and_the_second_time_changes_nothing(story: ImportStory) -> None:
    report = story.bring({})
    first = story.take_back(report.import_id)
    assert story.take_back(report.import_id).taken_back_at == first.taken_back_at


def test_an_import_that_is_not_there_is_not_found(story: ImportStory) -> None:
    with pytest.raises(NotFound, match="import 99 not found"):
        story.take_back(99)


def test_emails_that_wait_go_with_it(story: ImportStory) -> None:
    before = story.counts(*KEPT, "bulk_sends")
    report = story.bring(*made(7, 8))
    with db.transaction(story.engine) as session:
        import_emails.send(
            session, import_id=report.import_id or 0, actor="staff", now=story.clock, at="2026-03-18T09:00"
        )
    story.turn()
    story.take_back(report.import_id)
    assert story.counts(*KEPT, "bulk_sends") == before
    story.clock += timedelta(days=2)
    assert story.turn() == 0


def with_statement(story: ImportStory, *others: int) -> tuple[int | None, int]:
    """Import invoice 7, for a customer with these others, and queue a statement, which is filed under it."""
    known = {"customer_name": "Customer 7", "customer_email": "c7@acme.example"}
    if others:
        story.bring(*made(*others, **known))
    report = story.bring(*made(7, **known))
    with db.transaction(story.engine) as session:
        customer = session.get_one(Invoice, 7).customer_id
        queued = statement_emails.send_statement(
            session, customer_id=customer, key="click", actor="ann", now=story.clock
        )
        session.get_one(Message, queued.message_id).invoice_id = 7
        session.execute(
            update(TimelineEvent).where(TimelineEvent.message_id == queued.message_id).values(invoice_id=7)
        )
    return report.import_id, queued.message_id


@pytest.mark.parametrize("out", [False, True])
def test_a_statement_goes_on_under_another_invoice_of_the_customer(story: ImportStory, out: bool) -> None:
    import_id, message_id = with_statement(story, 9)
    if out:
        story.turn()
    story.take_back(import_id)
    with db.reading(story.engine) as session:
        message = session.get_one(Message, message_id)
        assert (message.invoice_id, message.state) == (9, "sent" if out else "scheduled")
        told = select(TimelineEvent.invoice_id).where(TimelineEvent.message_id == message_id)
        assert set(session.scalars(told)) == {9}
    assert story.numbers() == ["9", "502"]


@pytest.mark.parametrize("out", [False, True])
def test_a_statement_that_belongs_nowhere_else_keeps_the_import(story: ImportStory, out: bool) -> None:
    import_id, _ = with_statement(story)
    if out:
        story.turn()
    with pytest.raises(NotTakenBack, match="invoice 7: a statement of account under it waits or was sent"):
        story.take_back(import_id)


def test_a_statement_that_is_being_sent_keeps_the_import_until_it_is(story: ImportStory) -> None:
    import_id, message_id = with_statement(story, 9)
    with db.transaction(story.engine) as session:
        session.execute(update(Message).where(Message.message_id == message_id).values(CLAIM))
    with pytest.raises(NotTakenBack, match="invoice 7: a statement of account under it is being sent"):
        story.take_back(import_id)


def sent(story: ImportStory) -> None:
    story.send_one(7)
    story.turn()


def paid(story: ImportStory) -> None:
    story.pay(7)


def recorded(story: ImportStory) -> None:
    cash = manual_payments.ManualPayment(100, Channel.CASH, NOW.date())
    with db.transaction(story.engine) as session:
        manual_payments.record_payment(session, invoice_id=7, asked=cash, actor="staff", now=story.clock)


def in_transaction(act: Callable[..., object], **given: object) -> Callable[[ImportStory], None]:
    def done(story: ImportStory) -> None:
        with db.transaction(story.engine) as session:
            act(session, invoice_id=7, actor="staff", now=story.clock, **given)

    return done


CLAIM = {"state": "sending"}


def being_sent(story: ImportStory) -> None:
    message_id = story.send_one(7)
    with db.transaction(story.engine) as session:
        session.execute(update(Message).where(Message.message_id == message_id).values(CLAIM))


def brought_again(story: ImportStory) -> None:
    story.bring(*made(7, notes="later"))


def begun(story: ImportStory) -> None:
    context = GatewayContext(story.context.transaction, story.now, story.gateway)
    checkout.start_payment(context, token=story.invoice(7).payment_token or "")


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (sent, "an email about it was sent or is being sent"),
        (being_sent, "an email about it was sent or is being sent"),
        (paid, "the customer has begun to pay it"),
        (begun, "the customer has begun to pay it"),
        (recorded, "a payment, a refund or a dispute of it is recorded"),
        (brought_again, "import 2 changed it after this one"),
        (in_transaction(pay_links.regenerate), "it was changed after the import"),
        (in_transaction(adjustments.write_off, reason="small"), "it was changed after the import"),
        (in_transaction(adjustments.void, reason="wrong"), "it was changed after the import"),
        (in_transaction(adjustments.allow_parts, minimum=100), "it was changed after the import"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_what_was_mailed_paid_or_changed_since_keeps_all_of_it(
    story: ImportStory, act: Callable[[ImportStory], None], reason: str
) -> None:
    report = story.bring(*made(7, 8))
    story.clock += timedelta(minutes=1)
    act(story)
    before = story.counts()
    with pytest.raises(NotTakenBack, match=f"import 1 cannot be taken back: invoice 7: {reason}"):
        story.take_back(report.import_id)
    assert story.counts() == before


def test_of_many_obstacles_ten_are_named(story: ImportStory) -> None:
    report = story.bring(*made(*range(1, 13)))
    for number in range(1, 13):
        story.send_one(number)
    story.turn()
    with pytest.raises(NotTakenBack) as refused:
        story.take_back(report.import_id)
    assert str(refused.value).count("invoice ") == 10
    assert str(refused.value).endswith("; and others")


def test_what_it_changed_is_as_it_was(story: ImportStory) -> None:
    story.bring({"notes": "old", "external_ref": "a"}, *made(8))
    with db.reading(story.engine) as session:
        before = _state(session)
    report = story.bring(
        {"notes": "new", "due_date": "2026-05-01", "external_ref": "a", "customer_email": "b@acme.example"},
        *made(8, **PAID, customer_ref="ref8", customer_tax_id="51 824 753 556"),
    )
    assert report.updated == 2
    story.take_back(report.import_id)
    with db.reading(story.engine) as session:
        assert _state(session) == before
        assert session.scalars(select(Payment)).all() == []
        assert session.get_one(Invoice, 8).payment_status == "unpaid"
    assert story.bring({"notes": "new", "external_ref": "a"}).updated == 1


def _state(session: Session) -> list[object]:
    invoices = select(Invoice.invoice_id, Invoice.notes, Invoice.due_date, Invoice.amount_paid)
    invoices = invoices.add_columns(Invoice.import_digest, Invoice.external_ref).order_by(Invoice.invoice_id)
    customers = select(Customer.name, Customer.email, Customer.external_ref, Customer.tax_id)
    customers = customers.order_by(Customer.customer_id)
    return [*session.execute(invoices).all(), *session.execute(customers).all()]


def test_a_rewritten_draft_is_as_it_was_with_its_lines(story: ImportStory) -> None:
    story.bring({"status": "draft"})
    change = {"subtotal": "150.00", "tax_amount": "15.00", "total": "165.00"}
    line = {"quantity": "2", "line_amount": "150.00"}
    report = story.bring({"status": "draft"} | change | line | {"invoice_id": "7"})
    assert (report.updated, report.faults) == (1, ())
    story.take_back(report.import_id)
    assert story.bring({"status": "draft"}).unchanged == 1


def test_a_customer_that_somebody_else_uses_stays(story: ImportStory) -> None:
    report = story.bring(*made(7), {"invoice_id": "8"})
    story.bring({"invoice_id": "9"})
    story.take_back(report.import_id)
    with db.reading(story.engine) as session:
        names = set(session.scalars(select(Customer.name)))
    assert names == {"The Vacuum Shop", "Acme"}
    assert story.numbers() == ["9", "502"]


@pytest.mark.parametrize("wish", [{"reminders_off": True}, {"ladder": "upcoming -3"}, {"locale": "de"}])
def test_a_customer_for_whom_staff_set_something_stays_with_it(
    story: ImportStory, wish: dict[str, object]
) -> None:
    report = story.bring(*made(7))
    with db.transaction(story.engine) as session:
        session.execute(update(Customer).where(Customer.name == "Customer 7").values(wish))
    story.take_back(report.import_id)
    story.bring(*made(7))
    with db.reading(story.engine) as session:
        customer = session.scalars(select(Customer).where(Customer.name == "Customer 7")).one()
        assert {column: getattr(customer, column) for column in wish} == wish


def test_further_addresses_come_and_go_with_an_import(story: ImportStory) -> None:
    story.bring({"customer_email": "a@acme.example"})
    report = story.bring({"customer_email": "a@acme.example; books@acme.example"})
    with db.reading(story.engine) as session:
        assert session.scalars(select(Contact.email)).all() == ["books@acme.example"]
    story.take_back(report.import_id)
    with db.reading(story.engine) as session:
        assert session.scalars(select(Contact)).all() == []


@pytest.mark.parametrize("change", [{"status": "sent"}, {"status": "void"}])
def test_what_an_import_issued_or_voided_cannot_be_undone(story: ImportStory, change: dict[str, str]) -> None:
    story.bring({"status": "draft"})
    report = story.bring(change)
    with pytest.raises(NotTakenBack, match="invoice 7: the import issued or voided it"):
        story.take_back(report.import_id)


def test_a_customer_whom_staff_changed_since_keeps_the_import(story: ImportStory) -> None:
    story.bring({})
    report = story.bring({"customer_email": "b@acme.example"})
    with db.transaction(story.engine) as session:
        number = session.get_one(Invoice, 7).customer_id
        addresses.change_email(
            session, customer_id=number, address="c@acme.example", actor="staff", now=story.clock
        )
    with pytest.raises(NotTakenBack, match=f"customer {number}: it was changed after the import"):
        story.take_back(report.import_id)


def test_two_imports_are_taken_back_the_last_one_first(story: ImportStory) -> None:
    first = story.bring(*made(7), *made(8))
    second = story.bring(*made(7, notes="second"))
    with pytest.raises(NotTakenBack, match="import 2 changed it"):
        story.take_back(first.import_id)
    story.take_back(second.import_id)
    story.take_back(first.import_id)
    assert story.numbers() == ["502"]


def test_a_running_import_stops_when_it_is_taken_back(story: ImportStory) -> None:
    report: list[object] = []

    def once() -> None:
        if not report:
            report.append(take_back(story.plain, import_id=1, actor="staff"))

    with pytest.raises(Exception, match="import 1 was taken back while it was running"):
        story.bring(*made(*range(1, 250)), after=once)
    assert story.numbers() == ["502"]


def test_nothing_is_taken_back_until_paymail_knows_again_what_was_mailed_and_paid(story: ImportStory) -> None:
    report = story.bring(*made(7))
    with db.transaction(story.engine) as session:
        session.add(Restore(restored_at=NOW, since=NOW))
    with pytest.raises(NotTakenBack, match="mail and payments is on hold after a restore"):
        story.take_back(report.import_id)
    assert story.numbers() == ["7", "502"]


def test_the_hosts_database_is_read_again_from_its_beginning(story: ImportStory) -> None:
    report = story.bring(*made(7))
    with db.transaction(story.engine) as session:
        sync = HostSync(issuer_id=story.issuer_id, source="db:5432/psa invoices", accepted_at=NOW, cursor=NOW)
        session.add(sync)
    story.take_back(report.import_id)
    with db.reading(story.engine) as session:
        assert session.scalars(select(HostSync.cursor)).one() is None


def test_a_draft_does_not_go_back_to_a_customer_who_was_merged(story: ImportStory) -> None:
    story.bring(*made(7, status="draft"), *made(8))
    report = story.bring(made(7, status="draft")[0] | OTHER)
    with db.transaction(story.engine) as session:
        former = session.scalars(select(Customer.customer_id).where(Customer.name == "Customer 7")).one()
        into = session.get_one(Invoice, 8).customer_id
        merger.merge(session, customer_id=former, into=into, actor="staff", now=story.clock)
    with pytest.raises(NotTakenBack, match="was removed, merged or erased"):
        story.take_back(report.import_id)
