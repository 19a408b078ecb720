"""A statement is emailed once per click, is written when it goes out, and lists nothing that is paid."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.documents import StatementDocument
from paymail.emails import StatementEmail
from paymail.models import Channel, Contact, ContactOrigin, ContactRole, Invoice, Message, MessageState
from paymail.money import Money
from paymail.ports.rendering import Letter
from paymail.services.core.customers import CustomerErased
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import erasure, statement_emails
from paymail.services.customers.statement_emails import NobodyToMail
from paymail.services.letters.letters import letter_date, letter_for, says_today
from paymail.services.letters.statements import NothingIssued, WhichCurrency, currencies
from paymail.services.outbox import suppressions
from paymail.services.outbox.queue import Queued
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from tests.factories import NOW, make_invoice


class Account:
    """A customer with an overdue invoice, one that is not due, and one in yen."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with db.transaction(engine) as session:
            made = [
                make_invoice(session, invoice_id=number, due_in=due_in, name=f"C{number}", currency=code)
                for number, due_in, code in ((502, -3, "AUD"), (503, 25, "AUD"), (504, 25, "JPY"))
            ]
            self.customer = made[0].customer_id
            for invoice in made:
                invoice.customer_id = self.customer

    def send(self, key: str = "click-one", **more: object) -> Queued:
        asked = {"currency": "AUD"} | more
        with db.transaction(self.engine) as session:
            return statement_emails.send_statement(
                session,
                customer_id=self.customer,
                key=key,
                actor="ann",
                now=NOW,
                **asked,  # type: ignore[arg-type]
            )

    def letter(self, message_id: int) -> Letter:
        with db.reading(self.engine) as session:
            message = session.get_one(Message, message_id)
            return letter_for(session, message=message, public_url="https://pay.example", date=NOW)

    def pay(self, invoice_id: int, amount: int = 8250) -> None:
        with db.transaction(self.engine) as session:
            asked = ManualPayment(amount=amount, channel=Channel.CASH, paid_on=date(2026, 3, 16))
            record_payment(session, invoice_id=invoice_id, asked=asked, actor="test", now=NOW)


@pytest.fixture
def account(engine: Engine) -> Account:
    return Account(engine)


def test_the_second_click_is_the_same_email(account: Account) -> None:
    first = account.send()
    assert account.send() == Queued(first.message_id, created=False)
    assert account.send("click-two").created


def test_it_lists_what_is_open_when_it_is_written_and_holds_no_link(account: Account) -> None:
    queued = account.send(since=date(2026, 3, 1))
    account.pay(502)
    letter = account.letter(queued.message_id)
    assert isinstance(letter.email, StatementEmail)
    assert [(one.number, one.overdue, one.open) for one in letter.email.invoices] == [
        ("503", False, Money(8250, "AUD"))
    ]
    assert letter.email.balance == Money(8250, "AUD")
    assert (letter.email.since, letter.email.day) == (date(2026, 3, 1), date(2026, 3, 17))
    assert (letter.email.payment_url, letter.email.verify_code) == ("", "")
    assert letter.filename == "statement-C00001-2026-03-17.pdf"


def test_an_invoice_of_a_later_day_is_in_nothing_of_it(account: Account) -> None:
    with db.transaction(account.engine) as session:
        for invoice_id in (503, 504):
            session.get_one(Invoice, invoice_id).issued_date = date(2026, 3, 18)
        assert currencies(session, customer_id=account.customer, now=NOW) == ["AUD"]
    queued = account.send()
    email = account.letter(queued.message_id).email
    assert isinstance(email, StatementEmail)
    assert [one.number for one in email.invoices] == ["502"]
    assert email.balance == email.overdue == Money(8250, "AUD")
    with db.reading(account.engine) as session:
        assert session.get_one(Message, queued.message_id).invoice_id == 502


def test_what_was_paid_too_much_is_named_beside_what_is_open(account: Account) -> None:
    account.pay(503, 16500)
    letter = account.letter(account.send().message_id)
    assert isinstance(letter.email, StatementEmail)
    assert isinstance(letter.document, StatementDocument)
    assert letter.document.credit == letter.email.credit == letter.email.overdue == Money(8250, "AUD")
    assert letter.email.balance == Money(0, "AUD")


def test_it_is_written_anew_at_each_try_and_dated_by_the_day_it_goes_out(account: Account) -> None:
    queued = account.send()
    with db.transaction(account.engine) as session:
        session.get_one(Message, queued.message_id).next_at = NOW - timedelta(hours=20)
    with db.reading(account.engine) as session:
        message = session.get_one(Message, queued.message_id)
        invoice = load_invoice(session, invoice_id=message.invoice_id)
        assert letter_date(message, invoice, NOW) == NOW
        session.expunge(message)
        message.mime_sha256 = "0" * 64  # of an earlier try
        assert not says_today(session, message=message, invoice=invoice, now=NOW)
        message.handed_over_at = NOW  # and the server put it off at the last moment
        assert not says_today(session, message=message, invoice=invoice, now=NOW)


def test_who_gets_invoices_gets_it(account: Account) -> None:
    with db.transaction(account.engine) as session:
        for email, invoices in (("books@x.example", True), ("late@x.example", False)):
            session.add(
                Contact(
                    customer_id=account.customer,
                    email=email,
                    role=ContactRole.CC,
                    invoices=invoices,
                    reminders=True,
                    receipts=True,
                    origin=ContactOrigin.STAFF,
                    created_at=NOW,
                )
            )
    letter = account.letter(account.send().message_id)
    assert (letter.to_address, letter.copies.cc) == ("c502@customer.example", ("books@x.example",))


def test_a_statement_is_in_one_currency(account: Account) -> None:
    with pytest.raises(WhichCurrency):
        account.send(currency="")
    with pytest.raises(NothingIssued):
        account.send(currency="NOK")
    email = account.letter(account.send(currency="JPY").message_id).email
    assert isinstance(email, StatementEmail)
    assert [one.number for one in email.invoices] == ["504"]


def test_nothing_is_queued_to_an_address_on_the_block_list(account: Account) -> None:
    with db.transaction(account.engine) as session:
        suppressions.add(session, address="c502@customer.example", reason="staff", actor="a", now=NOW)
    with pytest.raises(NobodyToMail):
        account.send()
    with db.reading(account.engine) as session:
        assert session.scalars(select(Message)).all() == []


def test_an_erased_customer_gets_none(account: Account) -> None:
    for invoice_id in (502, 503, 504):
        account.pay(invoice_id)
    with db.transaction(account.engine) as session:
        for message in session.scalars(select(Message)):
            message.state = MessageState.CANCELLED
        session.flush()
        erasure.erase_customer(session, customer_id=account.customer, actor="ann", now=NOW)
    with pytest.raises(CustomerErased):
        account.send()
