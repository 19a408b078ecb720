"""A person is gone from every table, the books are whole, and nothing that is under way is broken."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import (
    Base,
    BulkSend,
    Channel,
    Customer,
    HostRefusal,
    HostSync,
    IdempotentRequest,
    Import,
    ImportChange,
    ImportFault,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Message,
    MessageState,
    ObjectionReason,
    PaymentAttempt,
    PaymentStatus,
    Refund,
    RefundStatus,
    SavedView,
    StaffUser,
    Suppression,
)
from paymail.models.payment import AttemptStatus
from paymail.services.core.customers import CustomerErased
from paymail.services.core.idempotency import KeyReused
from paymail.services.core.invoices import load_invoice, payment_url
from paymail.services.customers import addresses, contacts, erasure, objections
from paymail.services.customers.contacts import NewContact
from paymail.services.customers.objections import NoOpenObjection, Wrong
from paymail.services.delivery import deliveries
from paymail.services.outbox import blobs, suppressions
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.services.reminders import holds
from paymail.services.sending import invoice_emails
from paymail.services.sending.bulk import Selection
from paymail.services.sending.copies import send_copy
from tests.factories import NOW, make_invoice
from tests.services.imports.host_files import BASE, bring, rows, text_of
from tests.services.paying_customer import PayingCustomer
from tests.services.reported_emails import LATER, ReportedEmails

NAME = "The Vacuum Shop"


class CustomerToErase(ReportedEmails):
    """A customer whose history is rich and over."""

    def customer_id(self) -> int:
        with db.reading(self.engine) as session:
            return load_invoice(session, invoice_id=502).customer_id

    def pay(self, invoice_id: int = 502) -> None:
        with db.transaction(self.engine) as session:
            invoice = load_invoice(session, invoice_id=invoice_id)
            invoice.amount_paid, invoice.payment_status = invoice.total, PaymentStatus.PAID

    def live(self) -> None:
        """Mail, bounce, move to another address, promise, pay."""
        with db.transaction(self.engine) as session:
            asked = NewContact("partner@shop.example")
            contacts.add(session, customer_id=self.customer_id(), asked=asked, actor="a", now=NOW)
        self.sent()
        self.receive(self.report("postfix_unknown_user"))
        self.receive(self.report("gmail_spam"))
        deliveries.sweep(self.context)
        with db.transaction(self.engine) as session:
            found = load_invoice(session, invoice_id=502)
            found.customer.address, found.notes = "1 High Street", f"{NAME} pays late"
            found.customer.external_ref, found.customer.tax_id = "Vera-1", "Vera tax"
            found.terms, found.purchase_order, found.host_metadata = "Vera", "PO Vera", '{"who": "Vera"}'
            addresses.change_email(
                session, customer_id=found.customer_id, address="vera@shop.example", actor="a", now=NOW
            )
            holds.place(
                session,
                invoice_id=502,
                reason=holds.HoldReason.PROMISED,
                actor="a",
                now=NOW,
                until=NOW + timedelta(days=3),
                detail="Vera (vera@shop.example) promised",
            )
            invoice_emails.send_invoice(session, invoice_id=502, actor="a", now=NOW, again=True)
            self._import(session, found)
            session.add(
                BulkSend(selection=f'{{"customer": "{NAME}"}}', starts_at=NOW, actor="a", created_at=NOW)
            )
            self.refused_in_sync(session, found.issuer_id)
        self.clock = LATER
        deliveries.sweep(self.context)
        self.pay()

    def _import(self, session: Session, found: Invoice) -> None:
        """An import changed the address, and refused another invoice of the customer."""
        made = Import(issuer_id=found.issuer_id, actor="import", started_at=NOW)
        session.add(made)
        session.flush()
        fields = f'{{"email": ["{NAME}", "vera@shop.example"]}}'
        session.add(
            ImportChange(
                import_id=made.import_id, customer_id=found.customer_id, fields=fields, changed_at=NOW
            )
        )
        session.add(ImportFault(import_id=made.import_id, line=2, reason=f"{NAME!a} is here already"))

    def refused_in_sync(self, session: Session, issuer_id: int) -> None:
        sync = HostSync(issuer_id=issuer_id, source="db:5432/psa invoices", accepted_at=NOW)
        session.add(sync)
        session.flush()
        refusal = HostRefusal(number="502", faults=f"customer_name: {NAME}", refused_at=NOW, tried_at=NOW)
        refusal.sync_id = sync.sync_id
        session.add(refusal)

    def erase(self) -> None:
        with db.transaction(self.engine) as session:
            erasure.erase_customer(session, customer_id=self.customer_id(), actor="cli", now=LATER)

    def everything(self) -> str:
        """Return every value of every table as text."""
        with self.engine.connect() as connection:
            return "\n".join(
                str(tuple(row))
                for table in Base.metadata.sorted_tables
                for row in connection.execute(table.select())
            )


@pytest.fixture
def reported(engine: Engine) -> CustomerToErase:
    return CustomerToErase(engine)


def test_what_others_have_too_is_not_erased_with_the_person(reported: CustomerToErase) -> None:
    books = "books@accountant.example"
    with db.transaction(reported.engine) as session:
        reported.issuer(session).bookkeeper_email = books
        suppressions.add(session, address=books, reason="staff", actor="a", now=NOW)
    reported.live()
    reported.erase()
    with db.reading(reported.engine) as session:
        assert suppressions.active(session, address=books) is not None


def test_the_address_of_a_copy_is_not_the_persons(reported: CustomerToErase) -> None:
    accountant = "shared@accountant.example"
    reported.change(lambda s: send_copy(s, invoice_id=502, to=accountant, actor="a", now=NOW))
    deliveries.sweep(reported.context)
    with db.transaction(reported.engine) as session:
        suppressions.add(session, address=accountant, reason="staff", actor="a", now=NOW)
    reported.live()
    reported.erase()
    with db.reading(reported.engine) as session:
        assert suppressions.active(session, address=accountant) is not None
        copy = session.scalars(select(Message).where(Message.kind == "copy")).one()
        assert copy.recipient == f"erased-{reported.customer_id()}@erased.invalid"


def test_what_the_person_objected_to_can_no_longer_be_answered(reported: CustomerToErase) -> None:
    token = reported.invoice().payment_token or ""
    wrong = Wrong(ObjectionReason.OTHER, words="Vera says no")
    reported.change(lambda s: objections.object_to(s, token=token, wrong=wrong, now=NOW))
    reported.live()
    reported.erase()
    with db.transaction(reported.engine) as session, pytest.raises(NoOpenObjection):
        objections.close(session, invoice_id=502, answer="Dear Vera", actor="amy", now=LATER)


def test_no_table_names_the_person_afterwards(reported: CustomerToErase) -> None:
    reported.live()
    words = (NAME, "c502@customer.example", "partner@shop.example", "vera", "Vera", "High Street")
    before = reported.everything()
    assert all(word in before for word in words)
    reported.erase()
    after = reported.everything()
    assert [word for word in words if word in after] == []
    assert f"Erased customer {reported.customer_id()}" in after
    assert f"erased-{reported.customer_id()}@erased.invalid" in after


@pytest.mark.parametrize("name", ["unpaid", "AUD", "customer", "currency", 'Zoë "Z" %_'])
def test_a_bulk_sends_filter_stays_readable_whatever_the_person_is_called(
    reported: CustomerToErase, name: str
) -> None:
    filters = [
        Selection(PaymentStatus.UNPAID, "AUD", customer=name),
        Selection(PaymentStatus.UNPAID, "AUD", customer="customer of unpaid AUD"),
        Selection(PaymentStatus.UNPAID, "AUD"),
    ]
    reported.pay()
    with db.transaction(reported.engine) as session:
        load_invoice(session, invoice_id=502).customer.name = name
        for one in filters:
            session.add(BulkSend(selection=one.to_json(), starts_at=NOW, actor="a", created_at=NOW))
    reported.erase()
    with db.reading(reported.engine) as session:
        stored = session.scalars(select(BulkSend.selection).order_by(BulkSend.bulk_id))
        assert [Selection.from_json(text) for text in stored] == [
            replace(filters[0], customer=f"Erased customer {reported.customer_id()}"),
            *filters[1:],
        ]


def test_a_filter_that_looks_for_the_person_looks_for_nobody_afterwards(reported: CustomerToErase) -> None:
    reported.pay()
    texts = ["q=Vacuum+Sh&payment=owed", "customer=c502%40customer", "q=Ironbark", "customer=17"]
    with db.transaction(reported.engine) as session:
        person = StaffUser(email="s@x.example", password_hash="-", created_at=NOW)
        session.add(person)
        session.flush()
        load_invoice(session, invoice_id=502).customer.name = "The Vacuum Shop"
        for nth, text in enumerate(texts):
            kept = Selection(filter=text).to_json()
            session.add(BulkSend(selection=kept, starts_at=NOW, actor="a", created_at=NOW))
            session.add(SavedView(user_id=person.user_id, name=f"v{nth}", query=text, created_at=NOW))
    reported.erase()
    erased = f"Erased+customer+{reported.customer_id()}"
    expected = [f"q={erased}&payment=owed", f"customer={erased}", *texts[2:]]
    with db.reading(reported.engine) as session:
        assert list(session.scalars(select(SavedView.query).order_by(SavedView.view_id))) == expected
        stored = session.scalars(select(BulkSend.selection).order_by(BulkSend.bulk_id))
        assert [Selection.from_json(text).filter for text in stored] == expected


def test_what_was_asked_beside_a_name_cannot_be_guessed_from_its_digest(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    order = RefundOrder(100, Channel.CASH, "for The Vacuum Shop", key="k")

    def ask() -> None:
        with payer.transaction() as session:
            refund_requests.request(session, payment_id=1, order=order, actor="a", now=payer.now)

    ask()
    with payer.transaction() as session:
        session.execute(update(Message).values(state=MessageState.SENT))
        customer_id = load_invoice(session, invoice_id=502).customer_id
        erasure.erase_customer(session, customer_id=customer_id, actor="a", now=payer.now)
        assert session.scalars(select(IdempotentRequest.content_digest)).one() == ""
    with pytest.raises(KeyReused):
        ask()


def test_the_key_that_a_caller_chose_is_forgotten(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    order = RefundOrder(100, Channel.CASH, key="zelda-quux")
    with payer.transaction() as session:
        refund_requests.request(session, payment_id=1, order=order, actor="a", now=payer.now)
        session.execute(update(Message).values(state=MessageState.SENT))
        customer_id = load_invoice(session, invoice_id=502).customer_id
        erasure.erase_customer(session, customer_id=customer_id, actor="a", now=payer.now)
    with payer.transaction() as session:
        assert session.scalars(select(Refund.request_key)).one() is None
        again = refund_requests.request(session, payment_id=1, order=order, actor="a", now=payer.now)
        assert again.refund_id == 1


def test_no_address_that_staff_set_in_between_stays(reported: CustomerToErase) -> None:
    for address in ("second@home.example", "third@home.example", "fourth@home.example"):
        with db.transaction(reported.engine) as session:
            addresses.change_email(
                session, customer_id=reported.customer_id(), address=address, actor="cli", now=NOW
            )
    reported.pay()
    reported.erase()
    assert "home.example" not in reported.everything()


def test_the_books_stay(reported: CustomerToErase) -> None:
    reported.live()
    with db.reading(reported.engine) as session:
        before = load_invoice(session, invoice_id=502)
    reported.erase()
    with db.reading(reported.engine) as session:
        after = load_invoice(session, invoice_id=502)
        assert session.scalars(select(InvoiceLine.amount)).all() == [7500]
    same = ("number", "subtotal", "tax_amount", "total", "amount_paid", "issued_date", "due_date", "status")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert after.payment_token is None
    assert payment_url("https://pay.example", after) == ""
    assert after.customer.erased_at == LATER
    assert reported.kinds()[-1] == "customer_erased"


def test_the_emails_are_erased_and_say_so(reported: CustomerToErase) -> None:
    reported.live()
    digests = [digest for digest in (reported.message().mime_sha256, reported.message().pdf_sha256) if digest]
    reported.erase()
    with db.reading(reported.engine) as session:
        for digest in digests:
            with pytest.raises(blobs.Erased):
                blobs.fetch(session, sha256=digest)


def test_what_another_customer_shares_stays(reported: CustomerToErase) -> None:
    reported.live()
    with db.transaction(reported.engine) as session:
        make_invoice(session, invoice_id=600, name="Twin")
        load_invoice(session, invoice_id=600).customer.email = "C502@customer.example"
        invoice_emails.send_invoice(session, invoice_id=600, actor="a", now=NOW)
        suppressions.lift(session, address="c502@customer.example", reason="ok", actor="a", now=NOW)
    deliveries.sweep(reported.context)
    pdf = reported.message().pdf_sha256 or ""
    reported.erase()
    with db.reading(reported.engine) as session:
        assert blobs.fetch(session, sha256=pdf) == b"%PDF-"
        assert session.scalars(select(Suppression.address)).all() == ["c502@customer.example"]
        assert session.scalars(select(Message.recipient).where(Message.invoice_id == 600)).all() == [
            "C502@customer.example"
        ]


def test_a_suppression_of_the_person_ends_with_the_person(reported: CustomerToErase) -> None:
    reported.live()
    reported.erase()
    with db.reading(reported.engine) as session:
        assert suppressions.active(session, address="c502@customer.example") is None
        assert suppressions.listed(session) == []


def test_it_is_refused_while_anything_needs_the_person_and_all_of_it_is_listed(
    reported: CustomerToErase,
) -> None:
    reported.sent(MessageState.UNKNOWN)
    reported.second_invoice(503, status=InvoiceStatus.DRAFT)
    with db.transaction(reported.engine) as session:
        session.add(
            PaymentAttempt(
                invoice_id=502,
                generation=1,
                account="acct_x",
                amount=1,
                currency="AUD",
                idempotency_key="k",
                status=AttemptStatus.OPEN,
                created_at=NOW,
                updated_at=NOW,
            )
        )
    with pytest.raises(erasure.StillNeeded) as caught:
        reported.erase()
    text = str(caught.value)
    for part in (
        "unpaid invoices: 502",
        "draft invoices: 503",
        "unknown emails: 1",
        "payments in progress for invoices: 502",
    ):
        assert part in text
    assert NAME in reported.everything()


@pytest.mark.parametrize("status", [RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.SUCCEEDED])
def test_a_refund_that_is_under_way_still_has_to_be_told(engine: Engine, status: RefundStatus) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    with payer.transaction() as session:
        session.execute(update(Message).values(state=MessageState.SENT))
        order = RefundOrder(2000, Channel.STRIPE)
        refund_requests.request(session, payment_id=1, order=order, actor="a", now=payer.now).status = status
    refused = nullcontext() if status is RefundStatus.SUCCEEDED else pytest.raises(erasure.StillNeeded)
    with refused as caught, payer.transaction() as session:
        erasure.erase_customer(session, customer_id=1, actor="a", now=payer.now)
    assert caught is None or "refunds in progress for invoices: 502" in str(caught.value)


def test_erasing_twice_says_so(reported: CustomerToErase) -> None:
    reported.pay()
    reported.erase()
    with pytest.raises(CustomerErased):
        reported.erase()
    with pytest.raises(CustomerErased), db.transaction(reported.engine) as session:
        addresses.change_email(
            session, customer_id=reported.customer_id(), address="a@b.example", actor="a", now=NOW
        )


def test_a_later_import_neither_brings_the_person_back_nor_objects(engine: Engine) -> None:
    paid = {"payment_status": "paid", "amount_paid": BASE["total"]}
    bring(engine, text_of(rows(paid)))
    with db.transaction(engine) as session:
        customer = session.scalars(select(Customer)).one()
        erasure.erase_customer(session, customer_id=customer.customer_id, actor="a", now=NOW)
    for change in ({}, {"customer_name": "Acme renamed"}):
        report = bring(engine, text_of(rows(paid | change)))
        assert (report.unchanged, report.created, report.updated, report.faults) == (1, 0, 0, ())
    with db.reading(engine) as session:
        assert [c.name for c in session.scalars(select(Customer))] == ["Erased customer 1"]
        assert session.scalars(select(Invoice)).one().payment_token is None
