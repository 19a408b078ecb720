"""A host's own database: the view of its invoices, and where it wants to be told of their money."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from paymail.errors import Misconfigured, Unavailable

NUMBER, CHANGED = "invoice_id", "updated_at"
"""Columns by which the view is read; every row of an invoice has the same."""


class HostUnavailable(Unavailable):
    """The host's database does not answer; a later run may have more luck."""

    code = "host_unavailable"


class HostViewUnusable(Misconfigured):
    """The view is missing, may not be read, or is not as it was agreed. The message says what to do."""

    code = "host_view_unusable"


@dataclass(frozen=True, slots=True)
class Columns:
    """What the view must have, and what it may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """How far a view was read. Invoices come by the time of their last change, then by number."""

    changed: datetime
    number: str


@dataclass(frozen=True, slots=True)
class ShownInvoice:
    """An invoice as the view has it: one row per line, each value as text, None where it is NULL."""

    number: str
    """As text; empty: it is NULL."""
    rows: tuple[Mapping[str, str | None], ...]
    place: Place | None = None
    """Where it came in a page; its time is not beyond the host's clock."""
    too_large: str = ""
    """Why its rows were not read."""


@dataclass(frozen=True, slots=True)
class ShownAmounts:
    """What the view says of an invoice's money, as text; None where it is NULL."""

    number: str
    currency: str | None
    status: str | None
    total: str | None
    paid: str | None


@dataclass(frozen=True, slots=True)
class HostUpdate:
    """What the host is told of an invoice: where it stands, not what happened. Amounts in major units."""

    event_id: str
    """The same whenever the same is told again."""
    as_of: datetime
    number: str
    external_ref: str | None
    status: str
    payment_status: str
    currency: str
    total: Decimal
    amount_paid: Decimal
    """All that ever arrived, what the host itself has reported included."""
    amount_paid_here: Decimal
    """Of it, what came through paymail."""
    amount_refunded: Decimal
    amount_charged_back: Decimal
    amount_credited: Decimal
    amount_written_off: Decimal
    balance: Decimal
    paid_at: datetime | None
    """When the newest payment that came through paymail was received."""
    payment_reference: str
    """Of that payment: Stripe's intent, or what staff wrote."""


class HostReading(Protocol):
    """An open view whose columns were checked. Each method is one read-only transaction, bounded in time.

    All raise HostUnavailable, and HostViewUnusable when the view has changed or fails.
    """

    began: datetime
    """By the host's clock."""

    def page(self, *, since: datetime | None, after: Place | None, size: int) -> list[ShownInvoice]:
        """Return the next invoices that changed at or after `since` (None: all), in order of place."""
        ...

    def named(self, numbers: Sequence[str]) -> list[ShownInvoice]:
        """Return those of some invoices that the view still has."""
        ...

    def amounts(self) -> Iterator[ShownAmounts]:
        """Yield the amounts of every invoice."""
        ...


class HostDatabase(Protocol):
    """What sync needs of a host."""

    @property
    def source(self) -> str:
        """Server, database and view, without a secret."""
        ...

    @property
    def told_to(self) -> str:
        """Server, database, and the table or function it is told by, without a secret; empty: it is not."""
        ...

    @property
    def is_told(self) -> bool:
        """Whether the host wants to hear of money."""
        ...

    def reading(self, columns: Columns, *, zone: str) -> AbstractContextManager[HostReading]:
        """Open the view; dates of a time are given in the time zone. Raises as HostReading does."""
        ...

    def tell(self, updates: Sequence[HostUpdate]) -> dict[str, str]:
        """Tell the host, one transaction each; the same again changes nothing.

        Return by event id why some were not taken. Raises HostUnavailable, HostViewUnusable.
        """
        ...

    def wait(self, seconds: float, stopped: Callable[[], bool]) -> None:
        """Return after some seconds, or earlier when the host notifies or `stopped` says so."""
        ...
