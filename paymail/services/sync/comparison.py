"""Whether a host's view and paymail agree: counts and sums per currency, and which invoices differ."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import HostRefusal, HostSync, Invoice, InvoiceStatus, SyncedInvoice
from paymail.money import to_decimal
from paymail.observability import one_line
from paymail.ports.host_database import ShownAmounts
from paymail.services.sync.numerals import decimal_of

MOST_NAMED = 20


@dataclass(slots=True)
class Sums:
    """Of one currency, in major units."""

    invoices: int = 0
    total: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)

    def add(self, total: Decimal, paid: Decimal) -> None:
        """Count one invoice."""
        self.invoices += 1
        self.total += total
        self.paid += paid


@dataclass(slots=True)
class Agreement:
    """What both sides have, and the invoices in which they differ."""

    host: dict[str, Sums] = field(default_factory=dict)
    ours: dict[str, Sums] = field(default_factory=dict)
    refused: int = 0
    """Invoices that the host has and that could not come in."""
    differing: int = 0
    named: list[str] = field(default_factory=list)
    """The first of them, with what differs."""

    def differs(self, number: str, what: str) -> None:
        """Note an invoice in which the two differ."""
        self.differing += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(f"{one_line(number, 40)} ({what})")


@dataclass(frozen=True, slots=True)
class _Ours:
    currency: str
    status: InvoiceStatus
    total: Decimal
    paid: Decimal


def compare(session: Session, sync: HostSync, shown: Iterable[ShownAmounts], *, told: bool) -> Agreement:
    """Compare every invoice of a view with ours.

    `told` says that the host is told of payments: its `amount_paid` has them then. Else it may be behind.
    """
    found = Agreement()
    ours = _ours(session, sync)
    refused = set(session.scalars(select(HostRefusal.number).where(HostRefusal.sync_id == sync.sync_id)))
    found.refused = len(refused)
    for one in shown:
        _add_host(found, one)
        mine = ours.pop(one.number, None)
        if mine is not None:
            _add(found.ours, mine.currency, mine.total, mine.paid)
            _compare_one(found, one, mine, told=told)
        elif one.number not in refused:
            found.differs(one.number, "missing here")
    for number, mine in ours.items():
        _add(found.ours, mine.currency, mine.total, mine.paid)
        found.differs(number, "missing in the view")
    return found


def _ours(session: Session, sync: HostSync) -> dict[str, _Ours]:
    columns = SyncedInvoice.number, Invoice.currency, Invoice.status, Invoice.total, Invoice.amount_paid
    statement = select(*columns).join(Invoice, Invoice.invoice_id == SyncedInvoice.invoice_id)
    statement = statement.where(SyncedInvoice.sync_id == sync.sync_id)
    return {
        number: _Ours(currency, status, to_decimal(total, currency), to_decimal(paid, currency))
        for number, currency, status, total, paid in session.execute(statement)
    }


def _compare_one(found: Agreement, shown: ShownAmounts, mine: _Ours, *, told: bool) -> None:
    total, paid = decimal_of(shown.total), decimal_of(shown.paid)
    if (shown.currency or "").strip() != mine.currency or total != mine.total:
        found.differs(shown.number, f"total {one_line(shown.total or 'NULL', 30)} there, {mine.total} here")
    elif (
        shown.status or ""
    ).strip().casefold() == InvoiceStatus.VOID and mine.status is not InvoiceStatus.VOID:
        found.differs(shown.number, "void there, not here")
    elif paid is None or paid > mine.paid or (told and paid < mine.paid):
        found.differs(shown.number, f"paid {one_line(shown.paid or 'NULL', 30)} there, {mine.paid} here")


def _add_host(found: Agreement, shown: ShownAmounts) -> None:
    total, paid = decimal_of(shown.total), decimal_of(shown.paid)
    currency = one_line((shown.currency or "").strip(), 3)
    _add(found.host, currency, total or Decimal(0), paid or Decimal(0))


def _add(sums: dict[str, Sums], currency: str, total: Decimal, paid: Decimal) -> None:
    sums.setdefault(currency, Sums()).add(total, paid)


def unequal(found: Agreement) -> Mapping[str, tuple[Sums, Sums]]:
    """Return by currency the sums of host and paymail where they are not the same."""
    pairs = {
        currency: (found.host.get(currency, Sums()), found.ours.get(currency, Sums()))
        for currency in sorted({*found.host, *found.ours})
    }
    return {currency: pair for currency, pair in pairs.items() if pair[0] != pair[1]}
