"""What others do between the reading and the writing of an invoice: nothing filled in undoes any of it."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import Contact, Customer, Invoice, InvoiceStatus
from paymail.services.core.contexts import Context
from paymail.services.core.issuers import ensure_issuer
from paymail.services.customers import addresses, erasure
from paymail.services.imports import Report, import_invoices
from paymail.services.imports.faults import Fault
from paymail.services.imports.given import GivenConflict, GivenInvoice, GivenLines, Put, put_invoice
from tests.factories import NOW
from tests.services.imports.test_given_lines import given


@dataclass
class Office:
    """An issuer; `meanwhile` is done once, after the reading and before the next writing."""

    engine: Engine
    issuer_id: int
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def _writing(self) -> Context:
        def transaction() -> AbstractContextManager[Session]:
            while self.meanwhile:
                self.meanwhile.pop()()
            return db.transaction(self.engine)

        return Context(transaction, lambda: NOW)

    @property
    def reading(self) -> Context:
        return Context(lambda: db.reading(self.engine), lambda: NOW)

    def put(
        self, invoice: GivenInvoice, meanwhile: Callable[[], object] | None = None, *, only_new: bool = False
    ) -> Put:
        self.meanwhile += [meanwhile] if meanwhile else []
        return put_invoice(
            self._writing(),
            reading=self.reading,
            given=invoice,
            issuer_id=self.issuer_id,
            actor="host",
            only_new=only_new,
        )

    def create(self, **head: str) -> Callable[[], object]:
        """Return what somebody does who makes an invoice by hand."""
        return lambda: self.put(given(**head), only_new=True)

    def bring(self, *lines: GivenInvoice, meanwhile: Callable[[], object] | None = None) -> Report:
        def parse(raw: bytes) -> GivenInvoice | list[Fault]:
            return lines[int(raw)]

        file = io.BytesIO("\n".join(map(str, range(len(lines)))).encode())
        source = GivenLines(self.reading, file, parse=parse, issuer_id=self.issuer_id)
        self.meanwhile += [meanwhile] if meanwhile else []
        return import_invoices(self._writing(), source=source, issuer_id=self.issuer_id, actor="host")

    def change(self, **values: object) -> Callable[[], object]:
        """Return what changes the newest invoice."""

        def change() -> None:
            with db.transaction(self.engine) as session:
                newest = session.scalars(select(Invoice).order_by(Invoice.invoice_id.desc())).first()
                for name, value in values.items():
                    setattr(newest, name, value)

        return change

    def invoices(self) -> list[Invoice]:
        with db.reading(self.engine) as session:
            return list(session.scalars(select(Invoice).order_by(Invoice.invoice_id)))

    def customers(self) -> list[tuple[str, str]]:
        with db.reading(self.engine) as session:
            found = session.scalars(select(Customer).order_by(Customer.customer_id))
            return [(one.name, one.email) for one in found]


@pytest.fixture
def office(engine: Engine) -> Office:
    with db.transaction(engine) as session:
        issuer = ensure_issuer(
            session, name="Host Pty Ltd", email="b@host.example", tax_id="51 824 753 556", now=NOW
        )
        return Office(engine, issuer.issuer_id)


def made(office: Office) -> list[tuple[str, str]]:
    return [(one.number, one.notes) for one in office.invoices()]


def refused(asked: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(GivenConflict) as found:
        asked()
    return [(fault.column, fault.reason) for fault in found.value.faults]


def test_a_number_that_somebody_took_meanwhile_is_not_given_out_again(office: Office) -> None:
    put = office.put(given(external_ref="R2", notes="put"), office.create(notes="by hand"))
    assert (put.what, put.number) == ("created", "2")
    assert made(office) == [("1", "by hand"), ("2", "put")]


def test_two_who_make_an_invoice_by_hand_at_once_get_two_numbers(office: Office) -> None:
    office.put(given(notes="second"), office.create(notes="first"), only_new=True)
    assert made(office) == [("1", "first"), ("2", "second")]


def test_a_number_that_two_choose_at_once_is_that_of_the_first(office: Office) -> None:
    second = given(invoice_id="INV-7", notes="second")
    faults = refused(
        lambda: office.put(second, office.create(invoice_id="INV-7", notes="first"), only_new=True)
    )
    assert faults == [("/invoice_number", "invoice INV-7 exists already")]
    assert made(office) == [("INV-7", "first")]


def test_an_id_that_came_meanwhile_is_not_made_again_by_hand(office: Office) -> None:
    hand = given(external_ref="a-1", notes="second")
    faults = refused(lambda: office.put(hand, lambda: office.put(given(external_ref="a-1")), only_new=True))
    assert faults == [("/external_ref", "invoice 1 exists already")]


def test_a_line_whose_number_was_taken_meanwhile_is_refused_and_comes_in_again(office: Office) -> None:
    lines = [given(external_ref=f"a-{at}") for at in range(102)]
    report = office.bring(*lines, meanwhile=office.create(notes="by hand"))
    assert [(fault.line, fault.column) for fault in report.faults] == [(1, "invoice_id")]
    assert (report.created, report.updated) == (101, 0)
    assert made(office)[0] == ("1", "by hand")
    again = office.bring(*lines)
    assert (again.created, again.unchanged, again.faults) == (1, 101, ())
    assert len({one.number for one in office.invoices()}) == 103


def test_later_lines_get_numbers_that_are_free_by_then(office: Office) -> None:
    lines = [given(external_ref=f"a-{at}") for at in range(101)]

    def create_later() -> None:
        # Before the first hundred are written: a number that the second hundred would get.
        office.put(given(invoice_id="101", notes="by hand"))

    report = office.bring(*lines, meanwhile=create_later)
    assert (report.created, report.faults) == (101, ())
    assert office.invoices()[-1].number == "102"


def test_two_lines_with_one_number_are_two_and_the_second_is_refused(office: Office) -> None:
    report = office.bring(
        given(external_ref="a-1", invoice_id="1"),
        given(external_ref="a-2", invoice_id="1"),
        given(external_ref="a-3"),
    )
    assert [(fault.line, fault.column) for fault in report.faults] == [(2, "invoice_id")]
    assert [one.number for one in office.invoices()] == ["1", "2"]


def test_an_address_that_changed_meanwhile_stays_for_who_names_the_customer_by_id(office: Office) -> None:
    office.put(given(external_ref="a-1", customer_ref="C-1"))

    def moved() -> None:
        with db.transaction(office.engine) as session:
            session.scalars(select(Customer)).one().name = "Acme Pty Ltd"
            addresses.take_hosts_address(
                session, customer_id=1, address="new@acme.example", actor="host", now=NOW
            )

    alone = given(external_ref="a-2", customer_ref="C-1")
    for column in ("customer_name", "customer_email"):
        del alone.head[column]
    assert office.put(alone, moved).what == "created"
    assert office.customers() == [("Acme Pty Ltd", "new@acme.example")]
    assert office.put(alone).what == "unchanged"


def test_a_customer_who_was_erased_meanwhile_is_not_made_again(office: Office) -> None:
    office.put(given(external_ref="a-1", customer_ref="C-1"))

    def erased() -> None:
        with db.transaction(office.engine) as session:
            session.scalars(select(Invoice)).one().status = InvoiceStatus.VOID
            erasure.erase_customer(session, customer_id=1, actor="vera", now=NOW)

    alone = given(external_ref="a-2", customer_ref="C-1")
    for column in ("customer_name", "customer_email"):
        del alone.head[column]
    faults = refused(lambda: office.put(alone, erased))
    assert [column for column, _reason in faults] == ["/customer_name"]
    assert "is no longer known" in faults[0][1]
    assert len(office.invoices()) == len(office.customers()) == 1


def test_a_draft_that_was_issued_meanwhile_stays_issued_for_who_gives_no_status(office: Office) -> None:
    office.put(given(external_ref="a-1"))
    later = given(external_ref="a-1", due_date="2026-04-30")
    put = office.put(later, office.change(status=InvoiceStatus.SENT))
    assert (put.what, put.fields) == ("updated", ("due_date",))
    (invoice,) = office.invoices()
    assert (invoice.status, invoice.due_date) == (InvoiceStatus.SENT, date(2026, 4, 30))


def test_what_is_a_draft_again_takes_no_money(office: Office) -> None:
    office.put(given(external_ref="a-1", status="sent"))
    paid = given(external_ref="a-1", amount_paid="82.50")
    faults = refused(lambda: office.put(paid, office.change(status=InvoiceStatus.DRAFT)))
    assert faults == [("/amount_paid", "invoice 1: a draft cannot have been paid")]
    assert office.invoices()[0].amount_paid == 0


def test_a_number_that_changed_meanwhile_stays_for_who_gives_none(office: Office) -> None:
    office.put(given(external_ref="a-1"))
    put = office.put(given(external_ref="a-1", notes="News"), office.change(number="INV-1"))
    assert (put.what, put.number, put.fields) == ("updated", "INV-1", ("notes",))


def test_a_single_address_says_nothing_of_further_ones_and_several_say_all(office: Office) -> None:
    def contacts() -> list[str]:
        with db.reading(office.engine) as session:
            return sorted(session.scalars(select(Contact.email)))

    office.put(given(external_ref="a-1", customer_email="a@acme.example; b@acme.example; c@acme.example"))
    assert office.put(given(external_ref="a-1")).what == "unchanged"
    office.put(given(external_ref="a-2"))
    assert contacts() == ["b@acme.example", "c@acme.example"]
    office.put(given(external_ref="a-2", customer_email="a@acme.example; b@acme.example"))
    assert contacts() == ["b@acme.example"]
