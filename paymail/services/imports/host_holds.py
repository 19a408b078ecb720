"""Invoices that the host calls paid or void in a record that is refused: nobody is reminded of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from paymail.models import HoldOrigin, HoldReason, Invoice, InvoiceStatus
from paymail.services.imports.closed_at_host import ClosedAtHost, what_is_said
from paymail.services.imports.faults import Fault
from paymail.services.imports.pairs import Pair
from paymail.services.imports.sources import Refused
from paymail.services.reminders import holds


class HostHolds:
    """Whose reminders wait, from now on or no longer, because of what the host says of an invoice's end."""

    def __init__(
        self,
        session: Session,
        issuer_id: int,
        refused: Iterable[Refused],
        pairs: Iterable[Pair],
        now: datetime,
    ) -> None:
        self._session, self._now = session, now
        closed = [one.closed for one in refused if one.closed is not None]
        self._found = _still_owed(session, closed, issuer_id)
        self._waiting = self._held(pair.invoice.invoice_id for pair in pairs if pair.invoice)
        self._came_in: set[int] = set()

    @property
    def ids(self) -> set[int]:
        """The invoices of ours to lock before `write`."""
        return self._found.keys() | self._waiting

    def look_at(self, invoice: Invoice, pair: Pair) -> None:
        """Take note of what became of a known invoice."""
        if not pair.difference.faults:
            self._came_in.add(invoice.invoice_id)
        elif invoice.owed and (what := what_is_said(pair.host.status, pair.host.payment_status)):
            self._found[invoice.invoice_id] = ClosedAtHost(pair.host.at, pair.host.number, "", what)

    def write(self, *, actor: str) -> list[Fault]:
        """Hold and let go the reminders, under the invoices' locks; return what to tell of it.

        A hold ends when the host's record comes in whole, for then it holds what that says of money, or when
        staff lift it. An import each night places one hold, not one a night.
        """
        now = self._now
        held = self._held(self.ids)
        for invoice_id in sorted(held & self._came_in):
            holds.lift(self._session, invoice_id=invoice_id, actor=actor, now=now, reason=HoldReason.HOST)
        for invoice_id in sorted(self._found.keys() - held):
            holds.place(
                self._session,
                invoice_id=invoice_id,
                reason=HoldReason.HOST,
                actor=actor,
                now=now,
                detail=f"the host says that it is {self._found[invoice_id].what}, but its record was refused",
                origin=HoldOrigin.HOST,
            )
        return [
            Fault(
                one.at, "status", f"invoice {one.number}: reminders wait, for the host says it is {one.what}"
            )
            for one in self._found.values()
        ]

    def _held(self, invoice_ids: Iterable[int]) -> set[int]:
        ids = list(invoice_ids)
        found = holds.in_force(self._session, invoice_ids=ids, now=self._now) if ids else []
        return {one.invoice_id for one in found if one.reason is HoldReason.HOST}


def _still_owed(session: Session, closed: Sequence[ClosedAtHost], issuer_id: int) -> dict[int, ClosedAtHost]:
    """Return by the id of ours which of these paymail would still ask its customer to pay."""
    if not closed:
        return {}
    statement = select(Invoice).where(
        Invoice.issuer_id == issuer_id,
        Invoice.status == InvoiceStatus.SENT,
        or_(
            Invoice.number.in_([one.number for one in closed if one.number]),
            Invoice.external_ref.in_([one.external_ref for one in closed if one.external_ref]),
        ),
    )
    found: dict[int, ClosedAtHost] = {}
    for invoice in session.scalars(statement):
        meant = next((one for one in closed if _means(one, invoice)), None)
        if meant is not None and invoice.owed:
            found[invoice.invoice_id] = meant
    return found


def _means(one: ClosedAtHost, invoice: Invoice) -> bool:
    if one.external_ref and invoice.external_ref:
        return one.external_ref == invoice.external_ref
    return one.number == invoice.number
