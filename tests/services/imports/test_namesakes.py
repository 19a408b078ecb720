"""Customers of the same name: whom a new invoice is for. Nobody's mail goes to a stranger."""

import pytest
from sqlalchemy import Engine, Select, event, select
from sqlalchemy.orm import ORMExecuteState, Session

from paymail import db
from paymail.models import Customer
from paymail.services.customers.addresses import AddressTaken
from paymail.services.imports import updates
from paymail.services.imports.store import CHUNK
from paymail.services.sending import invoice_emails
from tests.factories import NOW
from tests.services.imports.host_files import Row, bring, look, rows, text_of
from tests.services.imports.host_story import VOID, HostStory

OLD, NEW = "a@acme.example", "new@acme.example"


@pytest.fixture
def story(engine: Engine) -> HostStory:
    return HostStory(engine)


def customers(engine: Engine) -> list[tuple[str, str]]:
    with db.reading(engine) as session:
        found = session.scalars(select(Customer).order_by(Customer.customer_id))
        return [(one.name, one.email) for one in found]


def test_two_namesakes_of_one_file_stay_two(engine: Engine) -> None:
    one, two = {"customer_email": "j1@a.example"}, {"invoice_id": "8", "customer_email": "j2@b.example"}
    file = text_of(rows(one, two))
    assert bring(engine, file).created == 2
    assert [email for _name, email in customers(engine)] == ["j1@a.example", "j2@b.example"]
    assert bring(engine, file).unchanged == 2
    # Alone in a later file, each is still known by the address, and a third is a third.
    bring(engine, text_of(rows({"invoice_id": "9"} | {"customer_email": "j2@b.example"})))
    assert len(customers(engine)) == 2
    report = bring(engine, text_of(rows({"customer_email": "j3@c.example"}, two)))
    assert [fault.column for fault in report.faults] == ["customer_email"]


def test_a_new_invoice_alone_moves_nobodys_address(story: HostStory) -> None:
    story.bring()
    with story.transaction() as session:
        invoice_emails.send_invoice(session, invoice_id=7, actor="t", now=NOW)
    report = story.bring({"invoice_id": "8", "customer_email": NEW})
    assert (report.created, report.faults) == (1, ())
    (note,) = report.kept
    assert "made a second customer 'Acme'" in note.reason
    assert "give customer_ref if it is the same" in note.reason
    assert customers(story.engine) == [("Acme", OLD), ("Acme", NEW)]
    assert [one.recipient for one in story.mails("invoice")] == [OLD]
    assert story.bring({"invoice_id": "8", "customer_email": NEW}).kept == ()


def test_a_customers_id_given_for_the_first_time_for_a_namesake_makes_another(story: HostStory) -> None:
    story.bring()
    story.bring({"invoice_id": "8", "customer_ref": "C2", "customer_email": NEW})
    assert customers(story.engine) == [("Acme", OLD), ("Acme", NEW)]
    story.bring({"invoice_id": "9", "customer_ref": "C1"})
    assert len(customers(story.engine)) == 2


def test_a_customer_with_an_id_is_not_meant_by_its_name_alone(story: HostStory) -> None:
    story.bring({"customer_ref": "C1"})
    story.bring({"invoice_id": "8", "customer_email": NEW})
    assert customers(story.engine) == [("Acme", OLD), ("Acme", NEW)]
    story.bring({"invoice_id": "9", "customer_email": OLD.upper()})
    assert len(customers(story.engine)) == 2


@pytest.mark.parametrize("ref", [{}, {"customer_ref": "C1"}])
def test_a_known_invoice_moves_its_customer_wherever_in_the_file_it_stands(engine: Engine, ref: Row) -> None:
    bring(engine, text_of(rows({})))
    moved = {"customer_email": NEW} | ref
    new = [moved | {"invoice_id": f"A-{n}"} for n in range(CHUNK)]
    report = bring(engine, text_of(rows(*new, moved)))
    assert (report.created, report.faults, report.kept) == (CHUNK, (), ())
    assert customers(engine) == [("Acme", NEW)]


def test_a_void_invoice_renames_and_moves_nobody(story: HostStory) -> None:
    story.bring({"customer_ref": "C1"})
    changed = {"customer_ref": "C1", "customer_name": "Beta", "customer_email": NEW}
    report = story.bring(VOID | changed)
    assert report.results[0].fields == ("status",)
    assert customers(story.engine) == [("Acme", OLD)]


def test_a_void_invoice_makes_no_customer(story: HostStory) -> None:
    story.bring()
    assert story.bring(VOID | {"customer_name": "Beta"}).updated == 1
    assert customers(story.engine) == [("Acme", OLD)]


def test_who_cannot_be_taken_over_keeps_the_old_name(story: HostStory) -> None:
    story.bring({}, {"invoice_id": "8", "customer_name": "Beta", "customer_email": NEW})
    (host,), _faults = look(text_of(rows({"customer_name": "Beta", "customer_email": NEW})))
    with story.transaction() as session:
        acme = session.scalars(select(Customer).where(Customer.name == "Acme")).one()
        with pytest.raises(AddressTaken):
            updates.update_customer(session, acme, host, actor="t", now=NOW)
    assert customers(story.engine) == [("Acme", OLD), ("Beta", NEW)]


def test_a_renamed_customers_invoices_are_locked_together(story: HostStory) -> None:
    ref = {"customer_ref": "C1"}
    story.bring(ref, ref | {"invoice_id": "5"})
    locked: list[list[int]] = []

    def note(state: ORMExecuteState) -> None:
        if isinstance(state.statement, Select) and state.statement._for_update_arg is not None:
            locked.extend(one for one in state.statement.compile().params.values() if isinstance(one, list))

    event.listen(Session, "do_orm_execute", note)
    try:
        story.bring(ref | {"customer_name": "Acme Group"})
    finally:
        event.remove(Session, "do_orm_execute", note)
    assert locked[0] == [5, 7], "in the order of ids, as everybody else takes them"
    assert customers(story.engine) == [("Acme Group", OLD)]
