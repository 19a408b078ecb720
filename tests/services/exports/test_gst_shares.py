"""GST by what happened: all that is counted of an invoice adds up, whatever its parts were."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from paymail.money import share
from paymail.services.exports.gst_shares import Charge, Counted, Event, Kind, accrued, received

FIRST = date(2026, 1, 1)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[Charge, list[Event]]:
    """Draw an invoice with payments, refunds and chargebacks as the books allow them."""
    total = draw(st.integers(1, 10_000_000))
    tax = share(total, draw(st.integers(0, 15)), 115)
    dollars = draw(st.sampled_from([(total, tax), (share(total, 151, 100), share(tax, 151, 100))]))
    events, came, credited = [], 0, 0
    for nth in range(draw(st.integers(0, 8))):
        day, kind = (
            FIRST + timedelta(days=nth),
            draw(st.sampled_from([Kind.PAYMENT, Kind.REFUND, Kind.CHARGEBACK])),
        )
        if kind is Kind.REFUND and came + credited < total and draw(st.booleans()):
            off = draw(st.integers(1, total - credited - came))
            events.append(Event(day, kind, 0, "CN", off, credited))
            credited += off
            continue
        if kind is Kind.PAYMENT or not came:
            amount = draw(st.integers(1, total))
            came += amount
            events.append(Event(day, Kind.PAYMENT, amount, "R"))
            continue
        amount = draw(st.integers(1, came))
        surplus = max(came - (total - credited), 0)
        most = min(max(amount - surplus, 0), total - credited)
        off = draw(st.sampled_from([0, most])) if kind is Kind.REFUND else 0
        events.append(Event(day, kind, amount, "CN", off, credited))
        came, credited = came - amount, credited + off
    return Charge(FIRST, total, *dollars), events


def sums(found: list[Counted]) -> tuple[int, int]:
    return sum(one.sales or 0 for one in found), sum(one.gst or 0 for one in found)


@given(accounts())
def test_without_the_cash_basis_it_is_what_was_issued_less_what_was_credited(
    account: tuple[Charge, list[Event]],
) -> None:
    charge, events = account
    assert charge.home_total is not None
    assert charge.home_tax is not None
    off = [one.credited for one in events]
    assert sums(list(accrued(charge, events))) == (
        charge.home_total - share(charge.home_total, sum(off), charge.total),
        charge.home_tax - share(charge.home_tax, sum(off), charge.total),
    )


@given(accounts())
def test_on_the_cash_basis_all_time_is_the_gst_of_what_is_paid(account: tuple[Charge, list[Event]]) -> None:
    charge, events = account
    sales, gst = sums(list(accrued(charge, events)))
    price = charge.total - sum(one.credited for one in events)
    came = sum(one.amount if one.kind is Kind.PAYMENT else -one.amount for one in events)
    paid = min(max(came, 0), price)
    counted = list(received(charge, events))
    assert sums(counted) == (share(sales, paid, price), share(gst, paid, price))
    assert sum(one.amount for one in counted) == paid
    if price and paid == price:
        assert sums(counted) == (sales, gst)


def test_parts_of_a_cent_are_not_lost_and_a_surplus_is_no_sale() -> None:
    charge = Charge(FIRST, 1000, 1000, 91)
    events = [Event(FIRST + timedelta(days=n), Kind.PAYMENT, 334, f"R-{n}") for n in range(4)]
    assert [(one.amount, one.gst) for one in received(charge, events)] == [
        (334, 30),
        (334, 31),
        (332, 30),
        (0, 0),
    ]


def test_credit_notes_of_thirds_take_off_the_whole_tax() -> None:
    charge = Charge(FIRST, 11000, 11000, 1000)
    paid = Event(FIRST, Kind.PAYMENT, 11000, "R")
    notes = [
        Event(FIRST, Kind.REFUND, part, "CN", part, before)
        for part, before in ((3667, 0), (3667, 3667), (3666, 7334))
    ]
    assert [one.gst for one in accrued(charge, notes)] == [1000, -333, -334, -333]
    assert [one.gst for one in received(charge, [paid, *notes])] == [1000, -333, -334, -333]


def test_a_credit_note_keeps_its_tax_when_one_before_it_fails() -> None:
    charge = Charge(FIRST, 11000, 11000, 1000)
    second = Event(FIRST, Kind.REFUND, 3667, "CN-2", 3667, 3667)
    assert [one.gst for one in accrued(charge, [second])] == [1000, -334]


def test_what_comes_after_an_invoice_was_voided_is_no_sale() -> None:
    charge = Charge(FIRST, 1100, 1100, 100)
    kinds = (Kind.PAYMENT, Kind.REFUND, Kind.VOID, Kind.PAYMENT, Kind.REFUND)
    events = [
        Event(FIRST + timedelta(days=nth), kind, 1100 if kind is not Kind.VOID else 0, "")
        for nth, kind in enumerate(kinds)
    ]
    assert [one.gst for one in received(charge, events)] == [100, -100, 0, 0]
    # A refund that failed after all: the money is here, and the customer's.
    assert [one.gst for one in received(charge, [events[0], *events[2:4]])] == [100, -100, 0]


def test_what_is_not_known_in_dollars_is_not_guessed() -> None:
    charge = Charge(FIRST, 1000, None, None)
    paid = Event(FIRST, Kind.PAYMENT, 500, "R-1")
    refunded = Event(FIRST, Kind.REFUND, 500, "CN-1", 500)
    assert [(one.amount, one.sales, one.gst) for one in received(charge, [paid, refunded])] == [
        (500, None, None), (-500, None, None),
    ]  # fmt: skip


def test_a_credit_note_alone_counts_nothing_unless_what_was_paid_is_too_much_by_it() -> None:
    charge = Charge(FIRST, 1100, 1100, 100)
    note = Event(FIRST, Kind.REFUND, 0, "CN", 660)
    assert list(received(charge, [note])) == []
    after = FIRST + timedelta(days=1)
    assert [one.gst for one in received(charge, [note, Event(after, Kind.PAYMENT, 1100, "R")])] == [40]
    # Paid on the day of the note, or recorded later with a day before it.
    on_day = received(charge, [note, Event(FIRST, Kind.PAYMENT, 1100, "R")])
    assert [(one.kind, one.amount, one.gst) for one in on_day] == [
        (Kind.PAYMENT, 1100, 100),
        (Kind.CREDIT_NOTE, -660, -60),
    ]
