"""What documents say of a customer is changed by staff, kept with who did, and gone once it is erased."""

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.models import Customer, CustomerChange, Invoice, TimelineEvent
from paymail.services.core import customer_history, history
from paymail.services.customers import addresses, details, erasure
from paymail.services.customers.addresses import AddressTaken
from paymail.services.customers.details import BadDetail, Details
from tests.factories import NOW, make_invoice

WANTED = Details(
    "Café Société SARL", "Comptabilité", "12 rue des Capucins\n69001 Lyon", "fr", "FR 32 123456789"
)


@pytest.fixture
def customer_id(engine: Engine) -> int:
    with db.transaction(engine) as session:
        return make_invoice(session, email="old@cafe.example", paid=8250).customer_id


def change(engine: Engine, customer_id: int, asked: Details) -> list[str]:
    with db.transaction(engine) as session:
        return details.change_details(session, customer_id=customer_id, asked=asked, actor="ann", now=NOW)


def test_what_was_and_what_is_are_kept_with_who_changed_it(engine: Engine, customer_id: int) -> None:
    assert change(engine, customer_id, WANTED) == ["name", "attention", "address", "country", "tax_id"]
    assert change(engine, customer_id, WANTED) == []
    with db.reading(engine) as session:
        found = session.get_one(Customer, customer_id)
        assert (found.name, found.country) == ("Café Société SARL", "FR")
        assert found.address == WANTED.address
        told = customer_history.changes_of(session, customer_id=customer_id)
        assert [(one.field, one.old, one.new) for one in told][-1] == (
            "name",
            "The Vacuum Shop",
            "Café Société SARL",
        )
        assert {one.actor for one in told} == {"ann"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Details(" "), "enter the customer's name"),
        (Details("n" * 301), "at most 300"),
        (Details("N", country="Australia"), "two letters"),
        (Details("N", tax_id="1" * 61), "tax ID"),
    ],
)
def test_what_no_document_can_say_is_refused(
    engine: Engine, customer_id: int, asked: Details, words: str
) -> None:
    with pytest.raises(BadDetail, match=words):
        change(engine, customer_id, asked)


def test_a_name_and_address_that_another_has_are_refused(engine: Engine, customer_id: int) -> None:
    with db.transaction(engine) as session:
        make_invoice(session, invoice_id=503, name="Kiosk", email="old@cafe.example")
    with pytest.raises(AddressTaken):
        change(engine, customer_id, Details("Kiosk"))


def test_erasing_leaves_nothing_of_who_the_customer_was(engine: Engine, customer_id: int) -> None:
    change(engine, customer_id, WANTED)
    with db.transaction(engine) as session:
        who = {"customer_id": customer_id, "actor": "ann", "now": NOW}
        addresses.change_email(session, address="new@cafe.example", **who)  # type: ignore[arg-type]
        history.record(
            session, invoice_id=502, kind="note", actor="ann", now=NOW, detail="old@cafe.example, Vacuum"
        )
    with db.transaction(engine) as session:
        erasure.erase_customer(session, customer_id=customer_id, actor="ann", now=NOW)
    with db.reading(engine) as session:
        said = {text for one in session.query(CustomerChange) for text in (one.old, one.new) if text}
        assert said == {"(erased)"}
        assert not any("old@cafe" in one.detail for one in session.query(TimelineEvent))
        assert session.get_one(Invoice, 502).total == 8250
