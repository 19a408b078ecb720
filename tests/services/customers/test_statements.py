"""A statement adds up: what came before, each charge and payment, and what is open agree with the books."""

from datetime import date

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.documents import Movement, StatementDocument
from paymail.models import Channel, Customer, Invoice, InvoiceStatus, Refund, RefundStatus
from paymail.money import Money
from paymail.services.core.customers import CustomerErased, NoSuchCustomer
from paymail.services.letters import statements
from paymail.services.payments import adjustments
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from tests.factories import NOW, make_invoice


class Account:
    """A customer with three invoices, of which one is part paid, one is overdue and one is void."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with db.transaction(engine) as session:
            made = [
                make_invoice(session, invoice_id=number, due_in=due_in, name=f"Customer {number}")
                for number, due_in in ((502, 25), (503, -40), (504, 25))
            ]
            self.customer = made[0].customer_id
            for invoice in made:
                invoice.customer_id = self.customer
            made[2].status = InvoiceStatus.VOID
        with db.transaction(engine) as session:
            asked = ManualPayment(amount=2000, channel=Channel.CASH, paid_on=date(2026, 3, 16))
            record_payment(session, invoice_id=502, asked=asked, actor="test", now=NOW)

    def statement(self, **more: object) -> StatementDocument:
        with db.reading(self.engine) as session:
            return statements.statement(session, customer_id=self.customer, now=NOW, **more)  # type: ignore[arg-type]

    def owed(self) -> int:
        with db.reading(self.engine) as session:
            invoices = session.scalars(select(Invoice).where(Invoice.status == InvoiceStatus.SENT))
            return sum(invoice.shortfall for invoice in invoices)


@pytest.fixture
def account(engine: Engine) -> Account:
    return Account(engine)


def test_what_is_open_is_what_the_books_say(account: Account) -> None:
    found = account.statement()
    assert found.balance == Money(account.owed(), "AUD")
    assert found.ages.to_60 == Money(8250, "AUD")
    assert found.ages.not_due == Money(6250, "AUD")
    assert found.ages.overdue == Money(8250, "AUD")


def test_each_row_says_what_is_owed_after_it_and_void_invoices_have_none(account: Account) -> None:
    rows = account.statement(since=date(2026, 1, 1)).rows
    balance = 0
    for row in rows:
        balance = row.amount.minor if row.movement is Movement.FORWARD else balance + row.amount.minor
        assert row.balance.minor == balance
    assert [row.invoice_number for row in rows].count("504") == 0
    assert [row.movement for row in rows].count(Movement.PAYMENT) == 1


def test_what_was_before_the_first_day_is_brought_forward(account: Account) -> None:
    found = account.statement(since=date(2026, 3, 17))
    assert [row.movement for row in found.rows] == [Movement.FORWARD]
    assert found.rows[0].balance == found.balance


def test_credits_refunds_and_write_offs_are_in_it(account: Account) -> None:
    with db.transaction(account.engine) as session:
        invoice = session.get_one(Invoice, 502)
        invoice.amount_refunded, invoice.amount_credited = 500, 500
        session.add(
            Refund(
                invoice_id=502, issuer_id=invoice.issuer_id, payment_id=1, channel=Channel.CASH, amount=500,
                credited=500, currency="AUD", status=RefundStatus.SUCCEEDED, credit_note=1, actor="test",
                next_at=NOW, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
    with db.transaction(account.engine) as session:
        adjustments.write_off(session, invoice_id=503, reason="gone", actor="test", now=NOW)
    found = account.statement()
    assert found.balance == Money(account.owed(), "AUD") == Money(6250, "AUD")
    assert {row.number for row in found.rows if row.movement is Movement.CREDIT} == {"CN-000001"}


def test_a_statement_is_in_one_currency_of_one_person(account: Account) -> None:
    with db.transaction(account.engine) as session:
        session.get_one(Invoice, 503).currency = "NZD"
    with pytest.raises(statements.WhichCurrency, match="AUD, NZD"):
        account.statement()
    assert account.statement(currency="NZD").balance == Money(8250, "NZD")
    with pytest.raises(statements.NothingIssued):
        account.statement(currency="EUR")
    with pytest.raises(statements.NothingIssued):
        account.statement(day=date(2020, 1, 1), currency="AUD")
    with pytest.raises(statements.BadPeriod):
        account.statement(since=date(2026, 4, 1), currency="AUD")


def test_an_erased_or_unknown_customer_has_none(account: Account) -> None:
    with db.reading(account.engine) as session, pytest.raises(NoSuchCustomer):
        statements.statement(session, customer_id=77, now=NOW)
    with db.transaction(account.engine) as session:
        session.get_one(Customer, account.customer).erased_at = NOW
    with pytest.raises(CustomerErased):
        account.statement()
