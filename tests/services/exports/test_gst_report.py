"""The GST report: each figure is the sum of its lines, and each line is in the period that it counts in."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import (
    Channel,
    Dispute,
    DisputeState,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Issuer,
    Payment,
)
from paymail.services.exports.gst_figures import Figures, figures
from paymail.services.exports.gst_report import Basis, GstRow, home_of, rows
from paymail.services.exports.gst_shares import Kind
from paymail.services.exports.period import BadPeriod, Period, period, quarter_before, quarter_of
from paymail.services.payments import adjustments
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.services.refunds import refund_requests, unpaid_credits
from paymail.services.refunds.refund_requests import RefundOrder
from tests.factories import NOW, make_invoice

MARCH, APRIL = Period(date(2026, 3, 1), date(2026, 3, 31)), Period(date(2026, 4, 1), date(2026, 4, 30))
ALWAYS = Period(date(2000, 1, 1), date(2199, 12, 31))


def pay(session: Session, invoice_id: int, amount: int, day: date) -> Payment:
    asked = ManualPayment(amount, Channel.CASH, day)
    later = NOW + timedelta(days=60)
    return record_payment(session, invoice_id=invoice_id, asked=asked, actor="amy", now=later)


@pytest.fixture
def books(engine: Engine) -> Engine:
    """Of March: 502 paid in two parts, 503 refunded in April, 504 void, 505 a draft, 506 in US dollars."""
    with db.transaction(engine) as session:
        for number in (502, 503, 504, 506, 507):
            make_invoice(session, invoice_id=number, currency="AUD" if number < 506 else "USD")
        make_invoice(session, invoice_id=505, status=InvoiceStatus.DRAFT)
        session.get_one(Invoice, 506).tax_aud = 1133
        adjustments.void(session, invoice_id=504, reason="twice", actor="amy", now=NOW)
        pay(session, 502, 4125, date(2026, 3, 20))
        pay(session, 502, 4125, date(2026, 4, 2))
        paid = pay(session, 503, 8250, date(2026, 3, 31))
        pay(session, 506, 4125, date(2026, 3, 21))
        pay(session, 507, 8250, date(2026, 3, 22))
        order = RefundOrder(825, Channel.CASH, "less")
        then = NOW + timedelta(days=20)
        refund_requests.request(session, payment_id=paid.payment_id, order=order, actor="amy", now=then)
    return engine


def report(engine: Engine, span: Period, basis: Basis) -> tuple[Figures, list[GstRow]]:
    with db.reading(engine) as session:
        issuer = session.scalars(select(Issuer)).one()
        found = list(rows(session, issuer=issuer, span=span, basis=basis))
        return figures(found, currency=home_of(issuer)), found


def test_without_the_cash_basis_an_invoice_counts_when_issued_and_its_credit_note_when_given(
    books: Engine,
) -> None:
    march, found = report(books, MARCH, Basis.ACCRUAL)
    # 506 has GST of 11.33 dollars in a tenth of its price: 124.63 in all.
    assert (march.sales, march.gst) == (8250 + 8250 + 12463, 750 + 750 + 1133)
    assert [row.number for row in found] == ["502", "503", "506", "507"]
    assert [str(one) for one in march.foreign] == ["USD 82.50"]
    april, found = report(books, APRIL, Basis.ACCRUAL)
    assert (april.sales, april.gst, april.adjusted_sales, april.adjusted_gst) == (-825, -75, -825, -75)
    assert [(row.counted.kind, row.counted.reference) for row in found] == [(Kind.CREDIT_NOTE, "CN-000001")]


def test_on_the_cash_basis_what_came_counts_when_it_came_with_its_share_of_gst(books: Engine) -> None:
    march, found = report(books, MARCH, Basis.CASH)
    assert (march.sales, march.gst) == (4125 + 8250 + 6232, 375 + 750 + 567)
    assert [(row.number, row.counted.amount, row.counted.gst) for row in found] == [
        ("502", 4125, 375), ("503", 8250, 750), ("506", 4125, 567), ("507", 8250, None),
    ]  # fmt: skip
    april, _ = report(books, APRIL, Basis.CASH)
    assert (april.sales, april.gst, april.adjusted_gst) == (4125 - 825, 375 - 75, -75)


@pytest.mark.parametrize("basis", Basis)
def test_figures_are_the_sums_of_their_lines_and_periods_add_up(books: Engine, basis: Basis) -> None:
    whole, found = report(books, ALWAYS, basis)
    known = [row.counted for row in found if row.counted.gst is not None]
    assert whole.gst == sum(one.gst or 0 for one in known)
    assert whole.sales == sum(one.sales or 0 for one in known)
    ends = [date(1999, 12, 31), MARCH.last, APRIL.first, APRIL.last, date(2199, 12, 31)]
    parts = [report(books, Period(a + timedelta(days=1), b), basis)[0] for a, b in pairwise(ends)]
    assert sum(one.gst for one in parts) == whole.gst
    assert sum(one.lines for one in parts) == whole.lines


def test_a_credit_note_without_a_payment_counts_when_given_and_moves_no_cash(books: Engine) -> None:
    before = report(books, APRIL, Basis.CASH)[0]
    with db.transaction(books) as session:
        invoice = make_invoice(session, invoice_id=508)
        then = NOW + timedelta(days=20)
        unpaid_credits.credit(session, invoice_id=508, amount=1100, reason="less", actor="amy", now=then)
        assert invoice.balance == 7150
    april, found = report(books, APRIL, Basis.ACCRUAL)
    assert (april.adjusted_sales, april.adjusted_gst) == (-825 - 1100, -75 - 100)
    assert [row.counted.reference for row in found if row.number == "508"] == ["CN-000002"]
    assert report(books, APRIL, Basis.CASH)[0] == before
    with db.transaction(books) as session:
        pay(session, 508, 7150, date(2026, 4, 20))
    april = report(books, APRIL, Basis.CASH)[0]
    assert (april.sales - before.sales, april.gst - before.gst) == (7150, 650)


def test_a_lost_dispute_takes_back_what_it_brought(books: Engine) -> None:
    with db.transaction(books) as session:
        paid = session.scalars(select(Payment).where(Payment.invoice_id == 502)).first()
        assert paid is not None
        opened = NOW + timedelta(days=25)
        session.add(
            Dispute(
                dispute_id="dp_1",
                invoice_id=502,
                payment_id=paid.payment_id,
                amount=4125,
                currency="AUD",
                state=DisputeState.LOST,
                gateway_status="lost",
                opened_at=opened,
                updated_at=opened,
            )
        )
    april, found = report(books, APRIL, Basis.CASH)
    assert [row.counted.gst for row in found if row.counted.kind is Kind.CHARGEBACK] == [-375]
    assert april.gst == 375 - 375 - 75


def test_money_that_came_and_went_back_counts_though_the_invoice_is_void_since(books: Engine) -> None:
    before = [report(books, span, Basis.CASH)[0].gst for span in (MARCH, APRIL, ALWAYS)]
    with db.transaction(books) as session:
        make_invoice(session, invoice_id=508)
        paid = pay(session, 508, 8250, date(2026, 3, 20))
        order, then = RefundOrder(8250, Channel.CASH, "twice", owed_again=True), NOW + timedelta(days=20)
        refund_requests.request(session, payment_id=paid.payment_id, order=order, actor="amy", now=then)
        later = NOW + timedelta(days=50)
        adjustments.void(session, invoice_id=508, reason="twice", actor="amy", now=later)
    after = [report(books, span, Basis.CASH)[0].gst for span in (MARCH, APRIL, ALWAYS)]
    assert after == [before[0] + 750, before[1] - 750, before[2]]
    assert "508" not in [row.number for row in report(books, ALWAYS, Basis.ACCRUAL)[1]]


@pytest.mark.parametrize("category", ["O", "AE"])
def test_what_is_beside_the_tax_is_no_part_of_g1(books: Engine, category: str) -> None:
    with db.transaction(books) as session:
        for number, currency in ((509, "AUD"), (510, "USD")):
            make_invoice(session, invoice_id=number, currency=currency)
            session.add(
                InvoiceLine(
                    invoice_id=number, position=2, description="A deposit", quantity=Decimal(1),
                    unit_price=Decimal(50), amount=5000, tax_rate=Decimal(0), tax_category=category,
                )
            )  # fmt: skip
            invoice = session.get_one(Invoice, number)
            invoice.subtotal, invoice.total = 12500, 13250
        invoice.tax_aud = 1133
        pay(session, 509, 6625, date(2026, 3, 20))
    found = {row.number: row.counted for row in report(books, MARCH, Basis.ACCRUAL)[1]}
    assert [(found[one].amount, found[one].sales, found[one].gst) for one in ("509", "510")] == [
        (13250, 8250, 750), (13250, 12463, 1133),
    ]  # fmt: skip
    paid = {row.number: row.counted for row in report(books, MARCH, Basis.CASH)[1]}["509"]
    assert (paid.amount, paid.sales, paid.gst) == (6625, 4125, 375)


def test_an_invoice_abroad_that_is_all_beside_the_tax_is_known_to_be_no_sale(books: Engine) -> None:
    with db.transaction(books) as session:
        make_invoice(session, invoice_id=510, currency="USD", tax=0).lines[0].tax_category = "O"
    (one,) = [row.counted for row in report(books, MARCH, Basis.ACCRUAL)[1] if row.number == "510"]
    assert (one.sales, one.gst) == (0, 0)


def test_a_day_ends_on_the_issuers_clock(books: Engine) -> None:
    with db.transaction(books) as session:
        paid = session.scalars(select(Payment).where(Payment.invoice_id == 503)).one()
        paid.paid_on = None
        paid.received_at = NOW.replace(day=31, hour=13, minute=30)  # half past midnight of 1 April in Sydney
    assert "503" not in [row.number for row in report(books, MARCH, Basis.CASH)[1]]
    assert "503" in [row.number for row in report(books, APRIL, Basis.CASH)[1]]


def test_a_long_report_asks_no_more_than_a_short_one(books: Engine) -> None:
    heard: list[str] = []
    event.listen(books, "before_cursor_execute", lambda *given: heard.append(given[2]))
    report(books, ALWAYS, Basis.CASH)
    assert len([one for one in heard if "SELECT" in one]) == 5


def test_quarters_are_those_of_a_bas() -> None:
    assert quarter_of(date(2026, 11, 28)) == Period(date(2026, 10, 1), date(2026, 12, 31))
    assert quarter_before(quarter_of(date(2026, 2, 1))) == Period(date(2025, 10, 1), date(2025, 12, 31))
    with pytest.raises(BadPeriod):
        period(date(2026, 2, 1), date(2026, 1, 31))
