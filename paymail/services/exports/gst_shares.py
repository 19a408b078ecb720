"""Which GST an invoice is accounted for, by what happened to it: a pure function of amounts and days.

Sources: A New Tax System (Goods and Services Tax) Act 1999, s 29-5 (without the cash basis: all GST of a
supply in the period in which its invoice is issued; on the cash basis: to the extent that consideration is
received in the period) and Division 19 and s 29-20 (adjustments, when one becomes aware of them; on the cash
basis to the extent that money went back). ATO: "Choosing an accounting method" and "GST accounting methods"
(cash and non-cash), "Making adjustments on your activity statement".

All are integers in minor units. Shares are halves up of what was there until then, so that all that is
counted of an invoice adds up to its GST exactly once it is paid.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from paymail.money import next_share, share


class Kind(StrEnum):
    """What happened to an invoice. In the order in which they count on one day."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    REFUND = "refund"
    """Money that went back, with or without a credit note."""
    CHARGEBACK = "chargeback"
    """Money that a bank took back for good."""
    CREDIT_NOTE = "credit note"
    """What a credit note takes off the price: an adjustment."""
    VOID = "void"
    """The invoice is cancelled: what came later is no consideration."""


_ORDER = {kind: nth for nth, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Charge:
    """What is charged: in the invoice's currency, and in the one that is reported in; None: not known."""

    issued: date
    total: int
    home_total: int | None
    home_tax: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """Money that came or went back. `credited`: how much of a refund a credit note takes off the price.

    `credited_before`: what other notes had taken off when this one was issued.
    """

    day: date
    kind: Kind
    amount: int
    reference: str
    credited: int = 0
    credited_before: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """One line of the report; what reduces it is below zero. `sales` includes `gst`; None: not known."""

    day: date
    kind: Kind
    reference: str
    amount: int
    """In the invoice's currency."""
    sales: int | None
    gst: int | None


def accrued(charge: Charge, events: Iterable[Event]) -> Iterator[Counted]:
    """Yield what counts without the cash basis: the invoice on its day, and its credit notes on theirs."""
    yield Counted(charge.issued, Kind.INVOICE, "", charge.total, charge.home_total, charge.home_tax)
    for event in events:
        if event.credited:
            sales, gst = _of(charge, event)
            yield Counted(
                event.day, Kind.CREDIT_NOTE, event.reference, -event.credited, _less(sales), _less(gst)
            )


def received(charge: Charge, events: Iterable[Event]) -> Iterator[Counted]:
    """Yield what counts on the cash basis: of each event what it moves of the price that is paid.

    What arrives beyond the price is the customer's own, no consideration, and counts for nothing.
    """
    price, sales, gst = charge.total, charge.home_total, charge.home_tax
    came = 0
    before: tuple[int, int | None, int | None] = (0, 0, 0)
    for moved in sorted(events, key=lambda one: (one.day, _ORDER[one.kind])):
        came += moved.amount if moved.kind is Kind.PAYMENT else -moved.amount
        if moved.credited:
            off = _of(charge, moved)
            price, sales, gst = price - moved.credited, _minus(sales, off[0]), _minus(gst, off[1])
        if moved.kind is Kind.VOID:
            price = 0
        paid = min(max(came, 0), max(price, 0))
        now = (paid, _share(sales, paid, price), _share(gst, paid, price))
        if not moved.amount and (now == before or not (paid or before[0])):
            continue
        # A credit note without a payment moves no money, but by it what was paid may be too much: a transfer
        # of before it that is recorded after it.
        alone = moved.kind is Kind.REFUND and not moved.amount
        yield Counted(
            moved.day, Kind.CREDIT_NOTE if alone else moved.kind, moved.reference,
            now[0] - before[0], _minus(now[1], before[1]), _minus(now[2], before[2]),
        )  # fmt: skip
        before = now


def _of(charge: Charge, event: Event) -> tuple[int | None, int | None]:
    """Return what a credit note takes off sales and tax: the tax is that which stands on it."""

    def off(value: int | None) -> int | None:
        return (
            None if value is None else next_share(value, event.credited_before, event.credited, charge.total)
        )

    return off(charge.home_total), off(charge.home_tax)


def _share(value: int | None, part: int, whole: int) -> int | None:
    return None if value is None else share(value, part, whole)


def _minus(value: int | None, other: int | None) -> int | None:
    return None if value is None or other is None else value - other


def _less(value: int | None) -> int | None:
    return None if value is None else -value
