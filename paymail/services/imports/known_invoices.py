"""Which invoice of ours one of a host's file is: by the host's id, else by its number within the issuer."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from paymail.models import LIVE_ATTEMPTS, Customer, Invoice, PaymentAttempt
from paymail.services.access.visible import among_all_issuers
from paymail.services.imports.faults import Fault, shown
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.optional_fields import wanted_id
from paymail.services.imports.unsaid_columns import NUMBER

BELOW = 2**52
"""Ids that are given out stay where every program can count, whatever large number a host has used."""
_PARTIES = (
    selectinload(Invoice.lines),
    joinedload(Invoice.customer).selectinload(Customer.contacts),
    joinedload(Invoice.issuer),
)


class KnownInvoices:
    """The invoices of an issuer that some of a file's could be."""

    def __init__(self, session: Session, hosts: Sequence[HostInvoice], issuer_id: int) -> None:
        numbers = {host.number for host in hosts}
        refs = {host.external_ref for host in hosts if host.external_ref}
        statement = select(Invoice).where(
            Invoice.issuer_id == issuer_id,
            or_(Invoice.number.in_(numbers), Invoice.external_ref.in_(refs)),
        )
        found = list(session.scalars(statement.options(*_PARTIES)))
        self._numbers = {invoice.number: invoice for invoice in found}
        self._refs = {invoice.external_ref: invoice for invoice in found if invoice.external_ref}
        self._new_refs: set[str] = set()
        self._new_numbers: set[str] = set()

    def find(self, host: HostInvoice) -> Invoice | Fault | None:
        """Return the invoice that is meant, None for a new one, or why nobody can tell or it may not be."""
        found = self._meant(host)
        if host.only_new and isinstance(found, Invoice):
            column = "external_ref" if NUMBER in host.unsaid else NUMBER
            return Fault(host.at, column, f"invoice {found.number} exists already")
        return found

    def _meant(self, host: HostInvoice) -> Invoice | Fault | None:
        numbered = self._numbers.get(host.number)
        named = self._refs.get(host.external_ref) if host.external_ref else None
        if NUMBER in host.unsaid:
            # The number that paymail gave out says nothing of which invoice the host means.
            return named or self._by_given_number(host, numbered)
        if named is None:
            return self._by_number(host, numbered)
        if numbered is not None and numbered is not named:
            reason = f"number {host.number} is already that of the invoice with external_ref"
            return Fault(host.at, "invoice_id", f"{reason} {shown(numbered.external_ref or '')}")
        return named

    def _by_number(self, host: HostInvoice, numbered: Invoice | None) -> Invoice | Fault | None:
        if numbered is not None and numbered.external_ref and host.external_ref:
            ours, theirs = shown(numbered.external_ref), shown(host.external_ref or "")
            reason = f"invoice {host.number} has the external_ref {ours}, not {theirs}"
            return Fault(host.at, "external_ref", reason)
        if numbered is None:
            return self._repeated(host)
        self._new_refs.add(host.external_ref or "")
        return numbered

    def _by_given_number(self, host: HostInvoice, numbered: Invoice | None) -> Fault | None:
        """Return why a new invoice cannot have the number that paymail gave out for it."""
        if numbered is None:
            return self._repeated(host)
        reason = f"number {host.number} was the next one, but another invoice has it by now: send it again"
        return Fault(host.at, NUMBER, reason)

    def _repeated(self, host: HostInvoice) -> Fault | None:
        """Return why a new invoice cannot be beside the new ones of the file that were looked at before."""
        if host.external_ref and host.external_ref in self._new_refs:
            reason = f"{shown(host.external_ref)} is that of another invoice of the file"
            return Fault(host.at, "external_ref", reason)
        if host.number in self._new_numbers:
            return Fault(host.at, NUMBER, f"number {host.number} is that of another invoice of the file")
        self._new_numbers.add(host.number)
        self._new_refs.add(host.external_ref or "")
        return None


def with_open_payment(session: Session, invoices: Iterable[Invoice]) -> set[int]:
    """Return the ids of those of some invoices that have a live attempt: money may be arriving."""
    ids = [invoice.invoice_id for invoice in invoices]
    live = select(PaymentAttempt.invoice_id).where(
        PaymentAttempt.invoice_id.in_(ids), PaymentAttempt.status.in_(LIVE_ATTEMPTS)
    )
    return set(session.scalars(live)) if ids else set()


def load_locked(session: Session, ids: Iterable[int]) -> dict[int, Invoice]:
    """Return these invoices, locked in the order of their ids and read anew."""
    statement = select(Invoice).where(Invoice.invoice_id.in_(sorted(ids))).order_by(Invoice.invoice_id)
    statement = statement.options(*_PARTIES).with_for_update(of=Invoice, key_share=True)
    found = session.scalars(statement.execution_options(populate_existing=True))
    return {invoice.invoice_id: invoice for invoice in found}


def new_ids(session: Session, hosts: Sequence[HostInvoice]) -> list[int]:
    """Return an id for each new invoice: its number where that is free in the whole database, else the next.

    Only while no other import can give out ids.
    """
    wanted = {number for host in hosts if (number := wanted_id(host.number))}
    ids = Invoice.invoice_id
    taken = set(session.scalars(among_all_issuers(select(ids).where(ids.in_(wanted)))))
    highest = session.scalar(among_all_issuers(select(func.max(ids)).where(ids < BELOW))) or 0
    last = max([highest, *(number for number in wanted if number < BELOW)])
    given = []
    for host in hosts:
        number = wanted_id(host.number)
        if number is None or number in taken:
            last += 1
            number = last
        given.append(number)
    return given
