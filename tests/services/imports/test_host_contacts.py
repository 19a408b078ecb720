"""A file that gives several addresses: the first is the customer's own, the others get everything too."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Contact, ContactOrigin, ContactRole, Customer
from paymail.services.customers import contacts
from paymail.services.customers.contacts import NewContact
from tests.factories import NOW
from tests.services.imports.host_files import bring, look, rows, text_of

CASE = Path(__file__).parent / "cases" / "09_two_recipients_semicolon.csv"


def known(engine: Engine) -> tuple[list[str], list[tuple[str, str, str]]]:
    with db.reading(engine) as session:
        found = session.scalars(select(Contact).order_by(Contact.contact_id)).all()
        own = list(session.scalars(select(Customer.email)))
        return own, [(one.email, one.role, one.origin) for one in found]


def test_two_recipients_both_get_the_mail(engine: Engine) -> None:
    assert bring(engine, CASE.read_text()).created == 1
    assert known(engine) == (
        ["a@test-customer.example"],
        [("b@test-customer.example", ContactRole.TO, ContactOrigin.HOST)],
    )
    assert bring(engine, CASE.read_text()).unchanged == 1


def test_further_addresses_come_and_go_with_the_file_and_the_report_says_so(engine: Engine) -> None:
    bring(engine, text_of(rows({"customer_email": "a@acme.example"})))
    more = bring(engine, text_of(rows({"customer_email": "a@acme.example, b@acme.example;c@acme.example"})))
    assert [result.fields for result in more.results] == [("customer_contacts",)]
    assert [email for email, *_ in known(engine)[1]] == ["b@acme.example", "c@acme.example"]
    bring(engine, text_of(rows({"customer_email": "a@acme.example;c@acme.example"})))
    assert [email for email, *_ in known(engine)[1]] == ["c@acme.example"]


def test_what_staff_added_stays_and_is_no_change(engine: Engine) -> None:
    file = text_of(rows({"customer_email": "a@acme.example"}))
    bring(engine, file)
    with db.transaction(engine) as session:
        customer_id = session.scalars(select(Customer.customer_id)).one()
        asked = NewContact("books@acme.example", ContactRole.BCC)
        contacts.add(session, customer_id=customer_id, asked=asked, actor="vera", now=NOW)
    both = text_of(rows({"customer_email": "a@acme.example;books@acme.example", "due_date": "2026-04-30"}))
    assert [result.fields for result in bring(engine, both).results] == [("due_date",)]
    assert known(engine)[1] == [("books@acme.example", ContactRole.BCC, ContactOrigin.STAFF)]


def test_a_customer_moves_with_its_known_invoice_whatever_stands_between_addresses(engine: Engine) -> None:
    bring(engine, text_of(rows({"customer_email": "a@acme.example"})))
    moved = {"customer_email": "new@acme.example, b@acme.example"}
    bring(
        engine, text_of(rows(moved, {"invoice_id": "8", "customer_email": "new@acme.example;b@acme.example"}))
    )
    assert known(engine)[0] == ["new@acme.example"]


@pytest.mark.parametrize(
    "cell", ["a@acme.example;", "a@acme.example;;b@acme.example", "a@acme.example; A@ACME.example"]
)
def test_blanks_and_repetitions_between_addresses_mean_nothing(cell: str) -> None:
    ((invoice,), faults) = look(text_of(rows({"customer_email": cell})))
    assert faults == []
    assert invoice.customer_email == "a@acme.example"
    assert len(invoice.more_emails) == cell.count("b@")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("a@acme.example;nobody", "is not an email address"),
        ("a@acme.example;jörg@acme.example", "only letters A to Z"),
        (";".join(f"a{number}@acme.example" for number in range(22)), "more than 21 addresses"),
    ],
)
def test_one_wrong_address_of_several_is_named(cell: str, reason: str) -> None:
    _, (fault,) = look(text_of(rows({"customer_email": cell})))
    assert fault.column == "customer_email"
    assert reason in fault.reason
